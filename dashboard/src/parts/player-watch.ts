import type { NalivePlayerElement, PictureFigures } from "nalive/player";

/** How a stream looks to this viewer. */
export type Condition = "joining" | "live" | "late" | "damaged" | "gone" | "paused";

/** A picture is late when it is shown this long after its last byte came to the server, ms. */
const lateMs = 500;
/** Figures are of the pictures of this long, ms. */
const spanMs = 1000;
/** Pictures remembered at most: more than come in `spanMs`. */
const capacity = 256;

/** Follows a player's events, for the figures beside it: of the last second, bounded. */
export class PlayerWatch {
  readonly #player: NalivePlayerElement;
  readonly #recent: { readonly at: number; readonly shownMs: number }[] = [];
  #heldAt = Number.NEGATIVE_INFINITY;

  constructor(player: NalivePlayerElement) {
    this.#player = player;
    player.addEventListener("picture", ({ detail }) => this.#note(detail));
  }

  /** What the last second was like. Of pictures that the server decodes nothing is known but that they come. */
  get condition(): Condition {
    const { type } = this.#player.state;
    if (type === "paused") return "paused";
    if (type === "waiting" || type === "retrying") return "gone";
    if (performance.now() - this.#heldAt < spanMs) return "damaged";
    if (this.#player.tierInUse?.name === "mjpeg") return type === "live" ? "live" : "joining";
    const delay = this.delayMs;
    if (delay === undefined) return this.#recent.length === 0 ? "joining" : "late";
    return delay > lateMs ? "late" : "live";
  }

  /** Median delay of the pictures shown in the last second, ms; undefined: none was. */
  get delayMs(): number | undefined {
    const since = performance.now() - spanMs;
    const delays = this.#recent.filter(({ at }) => at >= since).map(({ shownMs }) => shownMs);
    return delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)];
  }

  #note({ outcome, shownMs }: PictureFigures): void {
    const at = performance.now();
    if (outcome === "held-back") this.#heldAt = at;
    // The last picture of a camera that is gone is old, not late.
    if (shownMs === undefined || this.#player.state.type !== "live") return;
    this.#recent.push({ at, shownMs });
    if (this.#recent.length > capacity) this.#recent.shift();
  }
}

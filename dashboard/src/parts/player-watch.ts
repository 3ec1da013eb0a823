import type { NalivePlayerElement, PictureFigures } from "nalive/player";

/** The condition of a stream as this viewer sees it. */
export type Condition = "joining" | "live" | "late" | "damaged" | "gone" | "paused";

/** A picture is late if it is shown this long after the server received its last byte, ms. */
const lateMs = 500;
/** The figures cover this much time, ms. */
const spanMs = 1000;
/** The most pictures remembered: more than arrive within `spanMs`. */
const capacity = 256;

/** Collects a player's events of the last second for the figures beside it. Bounded. */
export class PlayerWatch {
  readonly #player: NalivePlayerElement;
  readonly #recent: { readonly at: number; readonly shownMs: number }[] = [];
  #heldAt = Number.NEGATIVE_INFINITY;

  constructor(player: NalivePlayerElement) {
    this.#player = player;
    player.addEventListener("picture", ({ detail }) => this.#note(detail));
  }

  /** The condition over the last second. Of JPEGs from the server only their arrival is known. */
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

  /** Median delay of the pictures shown in the last second, ms; undefined if there were none. */
  get delayMs(): number | undefined {
    const since = performance.now() - spanMs;
    const delays = this.#recent.filter(({ at }) => at >= since).map(({ shownMs }) => shownMs);
    return delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)];
  }

  #note({ outcome, shownMs }: PictureFigures): void {
    const at = performance.now();
    if (outcome === "held-back") this.#heldAt = at;
    // If the camera is gone, its last picture is old, not late.
    if (shownMs === undefined || this.#player.state.type !== "live") return;
    this.#recent.push({ at, shownMs });
    if (this.#recent.length > capacity) this.#recent.shift();
  }
}

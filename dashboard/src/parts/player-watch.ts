import type { NalivePlayerElement, PictureFigures } from "nalive/player";

/** The condition of a stream as this viewer sees it. */
export type Condition = "joining" | "live" | "late" | "damaged" | "silent" | "gone" | "paused";

/** True if the picture and its figures are of the past. */
export const isStale = (condition: Condition) =>
  condition === "silent" || condition === "gone" || condition === "paused";

/** A picture is late if it is shown this long after the server received its last byte, ms. */
const lateMs = 500;
/** The figures cover this much time, ms. */
const spanMs = 1000;
/** No picture has come for longer than usual after this many of the longest gaps lately. */
const usualGaps = 2.5;
/** The gaps that count as lately. */
const gaps = 8;
/** The most pictures remembered: more than arrive within `spanMs`. */
const capacity = 256;

interface Shown {
  readonly at: number;
  readonly shownMs: number;
}

/** Collects a player's events of the last second for the figures beside it. Bounded. */
export class PlayerWatch {
  readonly #player: NalivePlayerElement;
  #recent: Shown[] = [];
  #heldAt = Number.NEGATIVE_INFINITY;
  /** When the first picture was shown since the player joined; undefined before that. */
  #startedAt: number | undefined;

  constructor(player: NalivePlayerElement) {
    this.#player = player;
    player.addEventListener("picture", ({ detail }) => this.#note(detail));
    player.addEventListener("state", ({ detail }) => {
      if (detail.type !== "connecting") return;
      this.#startedAt = undefined;
      this.#recent = [];
    });
  }

  /** The condition over the last second. Of JPEGs from the server only their arrival is known. */
  get condition(): Condition {
    const { type } = this.#player.state;
    if (type === "paused" || type === "silent") return type;
    if (type === "waiting" || type === "retrying") return "gone";
    if (performance.now() - this.#heldAt < spanMs) return "damaged";
    if (this.#player.tierInUse?.name === "mjpeg") return type === "live" ? "live" : "joining";
    if (this.#startedAt === undefined) return "joining";
    const delay = this.delayMs;
    return this.#isOverdue || (delay !== undefined && delay > lateMs) ? "late" : "live";
  }

  /**
   * Median delay of the pictures shown in the last second, ms, or of the newest one if they come
   * more slowly; undefined if there were none.
   */
  get delayMs(): number | undefined {
    const since = performance.now() - spanMs;
    const within = this.#recent.filter(({ at }) => at >= since);
    const delays = (within.length > 0 ? within : this.#recent.slice(-1)).map(({ shownMs }) => shownMs);
    return delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)];
  }

  /**
   * True if the picture came before the player could show one since it joined: its age is no delay.
   * Call it before the picture's event is over.
   */
  isFromJoining({ shownMs }: PictureFigures): boolean {
    if (shownMs === undefined) return false;
    return this.#startedAt === undefined || performance.now() - shownMs < this.#startedAt;
  }

  /** No picture has come for much longer than lately, though the server says that they come. */
  get #isOverdue(): boolean {
    const recent = this.#recent.slice(-gaps - 1);
    const newest = recent.at(-1);
    if (!newest) return false;
    const longest = Math.max(0, ...recent.slice(1).map(({ at }, index) => at - recent[index]!.at));
    return performance.now() - newest.at > Math.max(spanMs, usualGaps * longest);
  }

  #note(figures: PictureFigures): void {
    const { outcome, shownMs } = figures;
    const at = performance.now();
    if (outcome === "held-back") this.#heldAt = at;
    if (shownMs === undefined) return;
    const isFromJoining = this.isFromJoining(figures);
    this.#startedAt ??= at;
    // If the camera is gone, its last picture is old, not late.
    if (isFromJoining || this.#player.state.type !== "live") return;
    this.#recent.push({ at, shownMs });
    if (this.#recent.length > capacity) this.#recent.shift();
  }
}

import type { IssueCode } from "../../core/issues.js";
import { type Clock, fromMilliseconds, type Microseconds, microseconds } from "../../core/time.js";

/** The shortest time between two requests. */
const shortestInterval = fromMilliseconds(500);
/** The time between requests doubles up to this while the sender does not answer. */
const longestInterval = fromMilliseconds(8000);

/** Issues that hold pictures back until a key frame with its parameter sets arrives. */
export const endedByKeyFrame: ReadonlySet<IssueCode> = new Set([
  "before-random-access-point",
  "held-back",
  "missing-parameter-set",
  "dropped-late",
]);

/**
 * Asks for a key frame while pictures are held back: at once, then less and less often while none
 * comes.
 */
export class KeyFrameRequests {
  readonly #clock: Clock;
  readonly #ask: (reason: IssueCode) => void;
  #interval = shortestInterval;
  #askedAt: Microseconds | undefined;

  /** @param ask called when the sender should be asked */
  constructor(clock: Clock, ask: (reason: IssueCode) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** An issue was counted. */
  noteIssue(code: IssueCode): void {
    if (!endedByKeyFrame.has(code)) return;
    const now = this.#clock.now();
    if (this.#askedAt !== undefined) {
      if (now - this.#askedAt < this.#interval) return;
      this.#interval = microseconds(Math.min(this.#interval * 2, longestInterval));
    }
    this.#askedAt = now;
    this.#ask(code);
  }

  /** A picture was shown: the sender has answered, or none was needed. */
  notePicture(): void {
    this.#interval = shortestInterval;
  }
}

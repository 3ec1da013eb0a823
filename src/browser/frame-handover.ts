import type { Sink } from "../core/sink.js";
import type { PlayerFrame } from "./player-frame.js";

/** Most frames on their way to the page: two whose turn may come at the same time. */
const maxUnderWay = 2;

/**
 * Hands frames to the page, which draws them. While the page is busy, only the newest waits here:
 * browsers stop decoding when many frames are open.
 */
export class FrameHandover implements Sink<PlayerFrame> {
  readonly #send: (frame: PlayerFrame) => void;
  readonly #onSkipped: (sequence: number) => void;
  #underWay = 0;
  #waiting: PlayerFrame | undefined;

  /** @param send hands a frame to the page; `frameDone` must be called for each */
  constructor(send: (frame: PlayerFrame) => void, onSkipped: (sequence: number) => void) {
    this.#send = send;
    this.#onSkipped = onSkipped;
  }

  push(frame: PlayerFrame): void {
    if (this.#underWay < maxUnderWay) {
      this.#underWay++;
      this.#send(frame);
      return;
    }
    const old = this.#waiting;
    this.#waiting = frame;
    if (!old) return;
    old.close();
    this.#onSkipped(old.sequence);
  }

  /** The page has drawn or closed a frame. */
  frameDone(): void {
    this.#underWay--;
    const frame = this.#waiting;
    this.#waiting = undefined;
    if (frame) this.push(frame);
  }

  close(): void {
    this.#waiting?.close();
    this.#waiting = undefined;
  }
}

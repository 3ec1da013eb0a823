import type { Sink } from "../../core/sink.js";
import { type Clock, fromMilliseconds } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import type { WebCodecsPicture } from "./webcodecs-decoder.js";

/** While decoding catches up, a picture is shown at least this often. */
const longestHold = fromMilliseconds(100);
/** When decoding keeps up, no more access units wait than this and those that wait for order. */
const levelWithin = 3;

/**
 * Passes on the pictures that are worth drawing. It drops pictures from before the live edge of a
 * connection, so that a new viewer sees no old picture flash by. While decoding catches up, it
 * passes on a picture now and then.
 */
export class NewestPictures implements Sink<WebCodecsPicture> {
  readonly #sink: Sink<WebCodecsPicture>;
  readonly #clock: Clock;
  readonly #onSkipped: (unit: AccessUnit) => void;
  /** Sequence number of the newest access unit that was received. */
  #newest = 0;
  #edge = 0;
  /** A picture from the edge on has come: those after it in output order are newer. */
  #isAtEdge = true;
  #passedAt = Number.NEGATIVE_INFINITY;

  /** @param onSkipped called with each picture that is dropped for a newer one */
  constructor(sink: Sink<WebCodecsPicture>, clock: Clock, onSkipped: (unit: AccessUnit) => void) {
    this.#sink = sink;
    this.#clock = clock;
    this.#onSkipped = onSkipped;
  }

  /** An access unit was received. If it is `beforeEdge`, nothing up to it is worth showing. */
  received(unit: AccessUnit, beforeEdge: boolean): void {
    this.#newest = unit.sequence;
    if (!beforeEdge) return;
    this.#edge = unit.sequence + 1;
    this.#isAtEdge = false;
  }

  /** False before the live edge. */
  isWanted({ sequence }: AccessUnit): boolean {
    return sequence >= this.#edge;
  }

  push(picture: WebCodecsPicture): void {
    const { unit, lastUnit } = picture;
    const behind = this.#newest - lastUnit.sequence;
    const catchesUp = behind > levelWithin + (unit.format.reorderDepth ?? unit.format.maxDpbFrames);
    const wasJustShown = this.#clock.now() - this.#passedAt < longestHold;
    this.#isAtEdge ||= this.isWanted(unit);
    if (!this.#isAtEdge || (catchesUp && wasJustShown)) {
      picture.frame.close();
      this.#onSkipped(unit);
      return;
    }
    this.#passedAt = this.#clock.now();
    this.#sink.push(picture);
  }

  close(reason?: Error): void {
    this.#sink.close(reason);
  }
}

import type { IssueReporter } from "../../core/issues.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { OutputOrder } from "../../h264/order/output-order.js";
import { type PictureInHand, takeIntoOrder } from "../../live/decoding/picture-in-hand.js";

/** A picture that was given to the decoder, and has not been given out. */
export interface PendingPicture extends PictureInHand {
  /** Number of the random access point that it hangs on. */
  readonly group: number | undefined;
  /** `undefined`: the decoder has it still. `nothing`: it will give out nothing for it. */
  frame: VideoFrame | "nothing" | undefined;
}

/** Pictures that a decoder may keep besides those of the DPB: one for each thread. */
const kept = 4;

/**
 * The pictures that the browser's decoder has, or has given out before it was their turn: in decoding order, in the order in which
 * they are to be given out (`OutputOrder`), and as the browser gives them out, which may be either.
 */
export class PendingPictures {
  readonly #issues: IssueReporter;
  readonly #order = new OutputOrder();
  /** In decoding order. */
  #all: PendingPicture[] = [];
  /** Of those, the ones whose turn it is, in output order. */
  #turn: PendingPicture[] = [];

  constructor(issues: IssueReporter) {
    this.#issues = issues;
  }

  get length(): number {
    return this.#all.length;
  }

  /** How many the decoder has still. */
  get owed(): number {
    return this.#all.filter(({ frame }) => frame === undefined).length;
  }

  /** The first that the decoder has still. */
  get firstOwed(): PendingPicture | undefined {
    return this.#all.find(({ frame }) => frame === undefined);
  }

  /** The decoder has more of them than the stream's order can ask for. */
  get owesTooMany(): boolean {
    return this.owed > (this.#all.at(-1)?.unit.format.maxDpbFrames ?? 0) + kept;
  }

  /** It has not been given out, nor forgotten. */
  has(picture: PendingPicture): boolean {
    return this.#all.includes(picture);
  }

  /** The decoder has it still. */
  isOwed(picture: PendingPicture): boolean {
    return picture.frame === undefined && this.has(picture);
  }

  /** It is given to the decoder: the first access unit of it, at least. */
  add(unit: AccessUnit, group: number | undefined, mayShow: boolean): PendingPicture {
    const picture = { unit, lastUnit: unit, group, mayShow, frame: undefined };
    this.#all.push(picture);
    return picture;
  }

  /** The decoder did not take it. */
  remove(picture: PendingPicture): void {
    this.#all = this.#all.filter((other) => other !== picture);
  }

  /** All of it was given to the decoder. */
  complete(picture: PendingPicture): void {
    this.#takeTurns(takeIntoOrder(picture, this.#order, this.#issues));
  }

  /** An access unit that is not decoded: what comes after it in order need not wait for it. */
  passOver(unit: AccessUnit): void {
    this.#takeTurns(this.#order.push(unit));
  }

  /** What comes next comes after all of them. */
  endOrder(): void {
    this.#takeTurns(this.#order.flush());
  }

  /** The browser gave out a frame. @returns false when it is nobody's; then it is closed */
  take(frame: VideoFrame): boolean {
    const picture = this.#all.find(
      ({ unit, lastUnit }) => unit.sequence <= frame.timestamp && frame.timestamp <= lastUnit.sequence,
    );
    if (!picture || picture.frame !== undefined) {
      frame.close();
      return false;
    }
    picture.frame = frame;
    this.#giveUpBefore(picture);
    return true;
  }

  /** Takes out the next whose turn it is and of which is known what the decoder made of it. */
  shift(): PendingPicture | undefined {
    if (this.#turn[0]?.frame === undefined) return undefined;
    const picture = this.#turn.shift()!;
    this.remove(picture);
    return picture;
  }

  /** Forgets all of them. */
  clear(): void {
    for (const { frame } of this.#all) if (frame instanceof VideoFrame) frame.close();
    this.#all = [];
    this.#turn = [];
    this.#order.restart();
  }

  #takeTurns(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const picture = this.#all.find(({ unit }) => unit.sequence === sequence);
      if (picture) this.#turn.push(picture);
    }
  }

  /** A browser gives out pictures in decoding order or in output order: what is before this one in both does not come. */
  #giveUpBefore(picture: PendingPicture): void {
    const turn = this.#turn.indexOf(picture);
    const before = turn < 0 ? this.#turn : this.#turn.slice(0, turn);
    for (const other of before) {
      if (other.unit.sequence >= picture.unit.sequence || other.frame !== undefined) continue;
      this.#issues.report("decode-error", `the browser gave out nothing for picture ${other.unit.sequence}`);
      other.frame = "nothing";
    }
  }
}

import type { AccessUnit } from "../../../h264/access-unit.js";

/**
 * What a `PictureLine` needs of the decoder that it sends access units to. Frames go to
 * `PictureLine.decoded`.
 */
export interface LineDecoder<F> {
  /**
   * Sends an access unit. Reports no frame before it returns.
   * @returns `refused` when the decoder reported an issue and cannot decode it; `declined` when it
   *   was not sent
   */
  send(unit: AccessUnit): "sent" | "refused" | "declined";
  /**
   * The whole picture was sent: asks for its frame.
   * @param unit the picture's first access unit
   * @returns true when frames that the decoder has not reported by now are not worth waiting for
   */
  ask(unit: AccessUnit): boolean;
  /** Nothing that follows refers to what was sent so far. */
  renew(): void;
  /** The line does not need the frame any more. @param wasOutput the sink has had it */
  release(frame: F, wasOutput: boolean): void;
}

/** Finds out which pictures are whole when the bitstream does not say. */
export interface WholenessJudge<F> {
  /** A round is under way, in which each picture is judged. */
  readonly isJudging: boolean;
  /** True when `unit` can be judged. */
  canJudge(unit: AccessUnit): boolean;
  /**
   * `unit` is sent next and then judged.
   * @param losses how often something was missing so far
   * @param renew outputs what was decoded and renews the decoder, for a round that starts with an
   *   empty one
   */
  prepare(unit: AccessUnit, losses: number, renew: () => void): void;
  /**
   * @param frame what the decoder made of `unit`; undefined when it is damaged or missing
   * @returns whether the picture is whole, and whether the round is over: all later pictures are
   *   whole too
   */
  judge(unit: AccessUnit, frame: F | undefined): { readonly isWhole: boolean; readonly isOver: boolean };
  /** Ends the round without a result. */
  stop(): void;
}

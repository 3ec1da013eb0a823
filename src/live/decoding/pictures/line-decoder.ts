import type { AccessUnit } from "../../../h264/access-unit.js";

/** What a `PictureLine` needs of the decoder that it sends access units to. Frames go to `PictureLine.decoded`. */
export interface LineDecoder<F> {
  /**
   * Sends an access unit. Reports no frame before it returns.
   * @returns `refused` when the decoder reported an issue and can make nothing of it; `declined` when it was not sent
   */
  send(unit: AccessUnit): "sent" | "refused" | "declined";
  /**
   * The whole picture was sent: asks for its frame.
   * @param unit the picture's first access unit
   * @returns true when there is no point in waiting for frames that the decoder has not reported by now
   */
  ask(unit: AccessUnit): boolean;
  /** Nothing that comes refers to what was sent so far. */
  renew(): void;
  /** The line needs the frame no longer. @param wasOutput the sink has had it */
  release(frame: F, wasOutput: boolean): void;
}

/** Finds out which pictures are whole where the bitstream does not say. */
export interface WholenessJudge<F> {
  /** A round is under way: each picture is judged. */
  readonly isJudging: boolean;
  /** True when `unit` can be judged. */
  canJudge(unit: AccessUnit): boolean;
  /**
   * `unit` is sent next, and judged.
   * @param losses how often something was missing so far
   * @param renew ends the line so far and renews the decoder, for a round that starts with a decoder that knows nothing
   */
  prepare(unit: AccessUnit, losses: number, renew: () => void): void;
  /**
   * @param frame what the decoder made of `unit`; undefined when it is damaged or missing
   * @returns whether the picture is whole, and whether the round is over: all later pictures are whole too
   */
  judge(unit: AccessUnit, frame: F | undefined): { readonly isWhole: boolean; readonly isOver: boolean };
  /** Ends the round without a result. */
  stop(): void;
}

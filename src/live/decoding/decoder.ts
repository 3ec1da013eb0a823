import type { Sink } from "../../core/sink.js";
import type { AccessUnit } from "../../h264/access-unit.js";

/**
 * The contract of every decoder. It takes access units in decoding order. It outputs pictures to
 * the sink that it was built with, in output order, each as soon as nothing can come before it.
 *
 * A decoder outputs each picture once. After `reset()`, access units may be pushed again; those
 * whose pictures were output before output nothing.
 */
export interface Decoder extends Sink<AccessUnit> {
  /** Access units whose decoding has not ended. Not 0 while the decoder cannot take any. */
  readonly queueSize: number;
  /**
   * No more of the latest access unit came while it was decoded, so its end stands even if it was a
   * guess. The decoder holds the picture of a guessed access unit until this call or the next
   * access unit.
   */
  confirmEnd(): void;
  /** Forgets all references and waiting pictures. The next access unit is a random access point. */
  reset(): void;
  /** Outputs all waiting pictures, in output order: the stream ended, or another one begins. */
  flush(): void;
  /**
   * Only for decoders that can undo their latest access unit: how many access units that takes to
   * decode. undefined while the decoder cannot.
   */
  readonly picturesToUndo?: number | undefined;
  /**
   * Only for decoders that can undo: forgets the latest access unit, whose end was guessed too
   * early.
   * @param unit all of that access unit
   * @param since all access units since the last random access point, up to `unit`; empty when
   *   there was none
   * @returns the access units to push now, up to `unit`; empty when the stream must wait for a
   *   random access point
   */
  correct?(unit: AccessUnit, since: readonly AccessUnit[]): readonly AccessUnit[];
  /**
   * Only for decoders that can undo: does some work in idle time.
   * @returns false when there was none
   */
  catchUp?(): boolean;
}

/**
 * Events of a decoder that works in another thread or process. Decoders in this thread never call
 * it.
 */
export interface DecoderListener {
  /** `queueSize` is 0 again. */
  idle(): void;
  /**
   * The other thread or process died, and with it all references, waiting pictures and unfinished
   * access units. The decoder continues as after `reset()`: push again from the last random access
   * point, and flush or close again if that had been asked for.
   */
  lost(): void;
}

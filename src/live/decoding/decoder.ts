import type { Sink } from "../../core/sink.js";
import type { AccessUnit } from "../../h264/access-unit.js";

/**
 * The contract of everything that decodes: access units in, in decoding order; pictures out to the sink that it
 * was built with, in output order, each as soon as nothing can come before it.
 *
 * A picture is given out once: after `reset()`, access units that were decoded before may be pushed again, and
 * those whose pictures were given out already give out nothing.
 */
export interface Decoder extends Sink<AccessUnit> {
  /** Access units taken whose decoding has not ended; not 0 either while none can be taken. */
  readonly queueSize: number;
  /**
   * Nothing more of the latest access unit has come while it was decoded. When its end was a guess, its picture was held back
   * until this, or until the next access unit comes.
   */
  confirmEnd(): void;
  /** Forgets all references and waiting pictures; the next access unit is a random access point. */
  reset(): void;
  /** Gives out all waiting pictures in output order: the stream ended, or starts anew. */
  flush(): void;
  /** Only of decoders that can undo their latest access unit: how many would have to be decoded for it; undefined while it cannot be done. */
  readonly picturesToUndo?: number | undefined;
  /**
   * Only of decoders that can undo: forgets the latest access unit, whose end was guessed too early.
   * @param unit the whole of it
   * @param since all access units since the last random access point, `unit` the last; empty when there was none
   * @returns the access units to push now, `unit` the last of them; like `since`, empty when all must wait for a random access point
   */
  correct?(unit: AccessUnit, since: readonly AccessUnit[]): readonly AccessUnit[];
  /** Only of decoders that can undo: work for idle time. @returns true when there was some */
  catchUp?(): boolean;
}

/** What a decoder that works elsewhere, in another thread or process, says by itself. Others never call it. */
export interface DecoderListener {
  /** `queueSize` is 0 again. */
  idle(): void;
  /**
   * Where it worked something died, and with it all references, waiting pictures, and what had not ended. It goes on as after
   * `reset()`: push again from the last random access point, and call again for the end if the end had been called for.
   */
  lost(): void;
}

import type { Sink } from "../core/sink.js";
import type { AccessUnit } from "../h264/access-unit.js";

/**
 * The contract of everything that decodes: access units in, in decoding order; pictures out to the sink that it
 * was built with, in output order, each as soon as nothing can come before it.
 *
 * A picture is given out once: after `reset()`, access units that were decoded before may be pushed again, and
 * those whose pictures were given out already give out nothing.
 */
export interface Decoder extends Sink<AccessUnit> {
  /** Access units taken whose decoding has not ended. */
  readonly queueSize: number;
  /** Forgets all references and waiting pictures; the next access unit is a random access point. */
  reset(): void;
  /** Gives out all waiting pictures in output order: the stream ended, or starts anew. */
  flush(): void;
}

import type { Chunk } from "../../core/chunk.js";
import type { Sink } from "../../core/sink.js";
import type { Clock } from "../../core/time.js";

/**
 * Where bytes come from. `openSource` makes it; nothing is opened before {@link start}.
 *
 * A source delivers sessions, one after the other and never two at once: `begin`, any number of
 * `push`, `end`.
 */
export interface Source {
  /** The address for people, without passwords or tokens. */
  readonly name: string;
  /**
   * `live`: late data may be dropped. `file`: every picture counts; slow the source with {@link
   * pause}, never drop.
   */
  readonly kind: SourceKind;
  /**
   * Opens it. Call it once. The sink may be called before this returns (with a state), and until
   * its `close`.
   */
  start(sink: SourceSink): void;
  /**
   * Stops reading, so that the sender has to wait. A few chunks already read may follow. On UDP,
   * datagrams that arrive meanwhile are lost.
   */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /**
   * Asks the sender for a key frame, where the transport has a way back (WebSocket, the test
   * camera). Ask at a bounded rate.
   */
  requestKeyFrame(reason: string): void;
  /**
   * Ends an open session without a reason, and closes the sink. Sockets, children and timers are
   * gone when the promise resolves. Idempotent.
   */
  stop(): Promise<void>;
}

/** See {@link Source.kind}. */
export type SourceKind = "live" | "file";

/**
 * What a source feeds. `close` comes once, last: at the end of all input, after `stop()`, or with
 * the error that ended the source.
 */
export interface SourceSink extends Sink<Chunk> {
  /** A sender has connected. Its bytes follow. */
  begin(session: Session): void;
  /**
   * That sender has disconnected, and its last picture is complete. Without a reason it left in
   * order.
   */
  end(reason?: Error): void;
  /** Something happened that people may want to know. */
  state(event: SourceState): void;
}

/** One sender's connection. */
export interface Session {
  /** Number of the session within this source, from 0. */
  readonly epoch: number;
  /** Describes the sender: its address, a path, a command. */
  readonly peer: string;
}

/**
 * What happens at a source, for logs and status lines. `describeSourceState` puts it into words.
 */
export type SourceState =
  /**
   * Waits for senders. `port` is the actual one when 0 was asked for, and undefined for a Unix
   * socket.
   */
  | { readonly type: "listening"; readonly address: string; readonly port: number | undefined }
  | { readonly type: "connecting"; readonly to: string }
  /** Just before `begin`. */
  | { readonly type: "connected"; readonly peer: string }
  /** A second sender was refused, or one that could not be understood. */
  | { readonly type: "refused"; readonly peer: string; readonly why: string }
  /** Just after `end`. */
  | { readonly type: "ended"; readonly peer: string; readonly reason: Error | undefined }
  /**
   * The next attempt begins in `inMs`. `error` is why the last one failed; undefined when the
   * sender left in order.
   */
  | { readonly type: "retrying"; readonly inMs: number; readonly error: Error | undefined }
  /** Anything else that is worth a sentence. */
  | { readonly type: "notice"; readonly message: string };

/** How `openSource` opens a source. All options have defaults. */
export interface SourceOptions {
  /** Gives chunks their times, and runs the waits between attempts. Default: the system's clock. */
  readonly clock?: Clock;
  /**
   * Wait for the next sender, or try again, when one disconnects or cannot be reached. Default
   * true.
   */
  readonly reconnect?: boolean;
  /**
   * Play a raw H.264 file as a live camera would send it, at this rate in pictures per second.
   * Default: as fast as the sink takes it.
   */
  readonly live?: { readonly fps: number };
  /**
   * Restart a raw H.264 file at its end, again and again, within the same session. Default false.
   */
  readonly loop?: boolean;
  /** Longest WebSocket message, bytes. A longer one ends the connection. Default 16 MiB. */
  readonly maxMessageBytes?: number;
}

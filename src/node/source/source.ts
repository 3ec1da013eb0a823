import type { Chunk } from "../../core/chunk.js";
import type { Sink } from "../../core/sink.js";
import type { Clock } from "../../core/time.js";

/**
 * Where bytes come from. Made by `openSource`; nothing is opened before {@link start}.
 *
 * A source delivers sessions, one after the other: `begin`, any number of `push`, `end`. It never
 * delivers two at once.
 */
export interface Source {
  /** The address for people, without passwords or tokens. */
  readonly name: string;
  /**
   * `live`: what is too late may be dropped. `file`: every picture counts; slow it with
   * {@link pause}, never drop.
   */
  readonly kind: SourceKind;
  /**
   * Opens it; once. The sink may be called before this returns (with a state), and until its
   * `close`.
   */
  start(sink: SourceSink): void;
  /**
   * Stops reading, so that the sender has to wait. A few chunks already read may still come. On
   * UDP, what comes meanwhile is lost.
   */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /**
   * Asks the sender for a key frame where there is a way back to it (WebSocket, the test camera);
   * else does nothing. Ask at a bounded rate.
   */
  requestKeyFrame(reason: string): void;
  /**
   * Ends it: an open session ends orderly, the sink is closed. Sockets, children and timers are
   * gone when the promise resolves. Idempotent.
   */
  stop(): Promise<void>;
}

/** See {@link Source.kind}. */
export type SourceKind = "live" | "file";

/**
 * What a source feeds. `close` comes once, last: after the end of all input, after `stop()`, or
 * with the error that ended it.
 */
export interface SourceSink extends Sink<Chunk> {
  /** A sender is connected; its bytes follow. */
  begin(session: Session): void;
  /**
   * That sender is gone and its bytes so far are all there are: the last picture is complete. No
   * reason: it left orderly.
   */
  end(reason?: Error): void;
  /** Something to tell people. */
  state(event: SourceState): void;
}

/** One sender's connection. */
export interface Session {
  /** From 0, one more for each session of this source. */
  readonly epoch: number;
  /** The sender in words: its address, a path, a command. */
  readonly peer: string;
}

/** What happens at a source, for logs and status lines; `describeSourceState` puts it in words. */
export type SourceState =
  /**
   * Waiting for senders; `port` is the real one when 0 was asked for, and undefined for a Unix
   * socket.
   */
  | { readonly type: "listening"; readonly address: string; readonly port: number | undefined }
  | { readonly type: "connecting"; readonly to: string }
  /** Just before `begin`. */
  | { readonly type: "connected"; readonly peer: string }
  /** A second sender was sent away, or could not be understood. */
  | { readonly type: "refused"; readonly peer: string; readonly why: string }
  /** Just after `end`. */
  | { readonly type: "ended"; readonly peer: string; readonly reason: Error | undefined }
  /**
   * The next attempt begins in `inMs`; `error` is why the last one failed, undefined when the
   * sender left orderly.
   */
  | { readonly type: "retrying"; readonly inMs: number; readonly error: Error | undefined }
  /** Anything else worth telling: a sentence. */
  | { readonly type: "notice"; readonly message: string };

/** How `openSource` opens a source; all have defaults. */
export interface SourceOptions {
  /** Stamps chunks and runs the waits between attempts. Default the system's. */
  readonly clock?: Clock;
  /**
   * Wait for the next sender, or try again, when one is gone or cannot be reached. Default true.
   */
  readonly reconnect?: boolean;
  /**
   * Play a raw H.264 file as a live camera would send it, at this many pictures a second. Default:
   * as fast as it is taken.
   */
  readonly live?: { readonly fps: number };
  /** Begin a raw H.264 file anew at its end, for ever, within the same session. Default false. */
  readonly loop?: boolean;
  /** Longest WebSocket message taken, bytes; a longer one ends the connection. Default 16 MiB. */
  readonly maxMessageBytes?: number;
}

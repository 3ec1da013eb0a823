import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { ProtocolError } from "../../../core/errors.js";
import { lend, type Passing } from "../../../core/passing.js";
import { type Clock, fromMilliseconds, type Microseconds } from "../../../core/time.js";
import { Subscription } from "../../../live/relay/subscription.js";
import {
  type ObjectPlace,
  type ReportMessage,
  readViewerMessage,
  type ServerMessage,
  type StreamConfig,
  writeControlMessage,
} from "../../../wire/control-message.js";
import { wireVersion } from "../../../wire/version.js";
import type { ServeConfig } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import type { SealedUnit } from "../streams/sealed-unit.js";
import type { ServedStream, Watcher } from "../streams/served-stream.js";

/**
 * Bytes that may wait in Node's socket buffer. Access units beyond that wait in the subscription,
 * which can drop them.
 */
const socketBytes = 256 * 1024;
/** How often viewers are asked to acknowledge, ms. */
const ackEveryMs = 250;
/** The server cuts off a viewer that has not answered the close frame by then, ms. */
const closeTimeoutMs = 1000;

/** An access unit sent but not yet acknowledged. */
interface Sent extends ObjectPlace {
  readonly at: Microseconds;
}

/**
 * One viewer on a WebSocket. It gets `hello`, then the cached access units, then each new one as it
 * arrives.
 *
 * Access units wait in the subscription while the socket's buffer is full or an acknowledgement is
 * overdue; the subscription drops them if the viewer stays behind. Acknowledgements matter because
 * the kernel buffers megabytes before Node notices a slow reader.
 */
export class ViewerSession implements Watcher {
  readonly waitsToTheEnd = true;
  readonly peer: string;
  readonly stream: ServedStream;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #config: ServeConfig;
  readonly #subscription: Subscription<Passing<SealedUnit>, SealedUnit>;
  readonly #endWatching: () => void;
  /**
   * Undefined until the first acknowledgement: for viewers that never acknowledge, only the socket
   * counts.
   */
  #unacked: Sent[] | undefined;
  #report: ReportMessage | undefined;
  #toldConfig: StreamConfig | undefined;
  /** `sent` and the time at the last `tick` that found the viewer not stuck. */
  #progress: { sent: number; since: Microseconds };

  constructor(
    ws: WebSocket,
    socket: Socket,
    peer: string,
    stream: ServedStream,
    clock: Clock,
    config: ServeConfig,
  ) {
    this.#ws = ws;
    this.#socket = socket;
    this.peer = peer;
    this.stream = stream;
    this.#clock = clock;
    this.#config = config;
    this.#progress = { sent: 0, since: clock.now() };
    this.#subscription = new Subscription(
      { push: (item) => this.#send(item), close: (reason) => this.end(asServeError(reason)) },
      clock,
      {
        mayDeliver: () => this.#mayDeliver(),
        keep: (item) => stream.keep(item),
        onDrop: (reason) => stream.figures.dropped(reason),
        onGap: (count, { unit, group, object }) => {
          this.tell({ type: "dropped", count, next: { epoch: unit.epoch, group, object } });
        },
        maxBytes: config.bounds.maxWaitingBytes,
        maxAgeMs: config.bounds.maxWaitingMs,
      },
    );
    ws.on("message", (data, isBinary) => {
      if (!isBinary) this.#take(data.toString());
    });
    socket.on("drain", () => this.#subscription.resume());
    this.#hello();
    this.#endWatching = stream.watch(this);
    ws.on("close", () => this.#endWatching());
    // After a malformed frame or a message that is too long, `ws` closes itself and emits `close`.
    ws.on("error", () => undefined);
  }

  /** The viewer's latest report. */
  get report(): ReportMessage | undefined {
    return this.#report;
  }

  /** Bytes waiting for the viewer, in its subscription and its socket. */
  get waitingBytes(): number {
    return this.#subscription.queuedBytes + this.#ws.bufferedAmount;
  }

  /** Access units written to its socket. */
  get sent(): number {
    return this.#subscription.delivered;
  }

  /** Access units dropped for this viewer. */
  get dropped(): number {
    return this.#subscription.dropped;
  }

  push(item: Passing<SealedUnit>): void {
    this.#subscription.push(item);
    if (this.#subscription.waitsForGroup)
      this.stream.wantKeyFrame("A viewer fell behind and needs a key frame");
  }

  tell(message: ServerMessage): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(writeControlMessage(message));
  }

  /** Called when the stream has ended. */
  close(reason?: Error): void {
    this.#subscription.close(reason);
  }

  /** Ends the connection and gives the reason. */
  end(why: ServeError): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.tell({ type: "bye", reason: why.message });
    this.#ws.close(why.closeCode, why.closeReason);
    const timer = setTimeout(() => this.#ws.terminate(), closeTimeoutMs);
    this.#ws.once("close", () => clearTimeout(timer));
  }

  /** Call once per second: disconnects a viewer that takes nothing for too long. */
  tick(): void {
    this.#subscription.resume();
    const now = this.#clock.now();
    const progress = this.#progress;
    const isStuck = this.waitingBytes > 0 && this.sent === progress.sent;
    const stallMs = this.#config.bounds.viewerStallMs;
    if (!isStuck) this.#progress = { sent: this.sent, since: now };
    else if (now - progress.since > fromMilliseconds(stallMs)) {
      this.end(new ServeError("NALIVE_VIEWER_STALLED", `The viewer has read nothing for ${stallMs} ms`));
    }
  }

  #hello(): void {
    const { stream } = this;
    const { edge } = stream;
    const config = (edge ?? stream.newest)?.config;
    this.#toldConfig = config;
    this.tell({
      type: "hello",
      version: wireVersion,
      stream: stream.name,
      state: stream.publisher ? "live" : "waiting",
      ...(config ? { config } : {}),
      ...(edge ? { edge: { epoch: edge.unit.epoch, group: edge.group, object: edge.object } } : {}),
      now: this.#clock.now(),
      ackEveryMs,
    });
  }

  #mayDeliver(): boolean {
    if (this.#socket.writableLength > socketBytes) return false;
    const oldest = this.#unacked?.[0];
    if (!oldest) return true;
    return this.#clock.now() - oldest.at <= fromMilliseconds(this.#config.bounds.maxUnackedMs);
  }

  #send(item: Passing<SealedUnit>): void {
    const { unit, group, object, frame, config } = item;
    if (config !== this.#toldConfig) {
      this.#toldConfig = config;
      this.tell({ type: "config", config });
    }
    this.#unacked?.push({ epoch: unit.epoch, group, object, at: this.#clock.now() });
    this.stream.figures.sent(frame.length);
    // Not `ws.send`, which builds a header per viewer and makes the kernel gather it with the
    // message.
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.#socket.write(lend(frame));
    if (this.#socket.writableLength > 0) this.stream.keep(item);
  }

  #take(text: string): void {
    try {
      const message = readViewerMessage(text);
      if (message?.type === "ack") this.#acked(message);
      else if (message?.type === "report") this.#report = message;
      else if (message?.type === "clock" && this.#socket.writableLength <= socketBytes) {
        // A viewer that asks and does not read would fill the memory with answers.
        this.tell({ type: "clock", sentAt: message.sentAt, now: this.#clock.now() });
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.end(new ServeError("NALIVE_PROTOCOL", error.message));
    }
  }

  #acked(place: ObjectPlace): void {
    const unacked = (this.#unacked ??= []);
    const next = unacked.findIndex((sent) => isAfter(sent, place));
    unacked.splice(0, next < 0 ? unacked.length : next);
    this.#subscription.resume();
  }
}

/** Group numbers keep counting across epochs, so epochs need no comparison. */
function isAfter(a: ObjectPlace, b: ObjectPlace): boolean {
  return a.group > b.group || (a.group === b.group && a.object > b.object);
}

function asServeError(reason: Error | undefined): ServeError {
  if (reason instanceof ServeError) return reason;
  return new ServeError("NALIVE_STREAM_ENDED", reason?.message ?? "The stream has ended");
}

import { BackOff } from "../../core/back-off.js";
import type { Sink } from "../../core/sink.js";
import { type CancelTimer, type Clock, fromMilliseconds, type Microseconds } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { decodeAccessUnit } from "../../wire/access-unit-message.js";
import {
  type ReportMessage,
  readServerMessage,
  type ServerMessage,
  type ViewerMessage,
  writeControlMessage,
} from "../../wire/control-message.js";
import { ServerClock } from "./server-clock.js";
import { UnbrokenGroups } from "./unbroken-groups.js";
import { isRefused, refusal, whyUnreachable } from "./unreachable.js";

/** An access unit as this viewer received it. All times are on this viewer's clock. */
export interface RelayedAccessUnit {
  /** The access unit; `completeAt` is when the server knew that it was complete. */
  readonly unit: AccessUnit;
  /** When this viewer had all of it. */
  readonly receivedAt: Microseconds;
  /** True when the server sent it only so that a newer one can be decoded. */
  readonly beforeEdge: boolean;
}

/** State of the connection to the server. */
export type RelayState =
  | { readonly type: "connecting" }
  /** Connected, with a publisher. */
  | { readonly type: "live" }
  /**
   * Connected, with a publisher from which nothing has come for longer than usual. `since`: when
   * its newest picture came, or the publisher itself, ms as `Date.now()`.
   */
  | { readonly type: "silent"; readonly since: number }
  /** Connected, without a publisher; `reason` says why the last one left. */
  | { readonly type: "waiting"; readonly reason?: string }
  /** The connection broke or failed; the next attempt is in `waitMs`. */
  | { readonly type: "retrying"; readonly reason: string; readonly waitMs: number }
  /** Nobody watches, so there is no connection. */
  | { readonly type: "paused" };

/** Takes the access units. */
export interface RelaySink extends Sink<RelayedAccessUnit> {
  /**
   * A connection begins, with a random access point. Nothing after it refers to what came before.
   */
  begin(): void;
}

/** Options of a `RelayClient`. */
export interface RelayClientOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly onState: (state: RelayState) => void;
  /** The browser does not let this page connect, and will not. The client has ended. */
  readonly onRefused: (reason: string) => void;
  /** The server reported damage, or access units did not arrive. */
  readonly onDamage: (code: string, detail: string) => void;
  /** Makes the report that the client regularly sends to the server. */
  readonly report: () => ReportMessage;
}

/**
 * Interval of the questions for the server's clock. The answers also show that the server is alive.
 */
const clockInterval = fromMilliseconds(4000);
/** Interval of the first questions: their answers are slow because the page is busy starting. */
const firstClockInterval = fromMilliseconds(500);
const firstQuestions = 5;
/** A server that does not answer within this time counts as gone. */
const answerTimeout = fromMilliseconds(10_000);

/**
 * A viewer's connection to the server: messages in, access units out. It acknowledges what it
 * received and follows the server's clock. After a gap it drops what cannot be decoded. It
 * reconnects when the connection is lost.
 */
export class RelayClient {
  readonly #sink: RelaySink;
  readonly #options: RelayClientOptions;
  readonly #clock: Clock;
  readonly #backOff = new BackOff();
  readonly #serverClock = new ServerClock();
  #connection: Connection | undefined;
  #cancelRetry: CancelTimer | undefined;

  constructor(sink: RelaySink, options: RelayClientOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#clock = options.clock;
  }

  /** Connects, unless it is connected already. */
  start(): void {
    if (this.#connection) return;
    this.#cancelRetry?.();
    this.#options.onState({ type: "connecting" });
    const socket = this.#openSocket();
    if (!socket) return;
    this.#connection = new Connection(socket, this.#clock, this.#serverClock, {
      onBegin: () => {
        this.#backOff.reset();
        this.#sink.begin();
      },
      onUnit: (unit) => this.#sink.push(unit),
      onState: this.#options.onState,
      onDamage: this.#options.onDamage,
      onEnd: (reason) => this.#retry(reason),
      onRefused: (reason) => {
        this.#end();
        this.#options.onRefused(reason);
      },
      report: this.#options.report,
    });
  }

  /** Ends the connection; `start` makes a new one, at the live edge. */
  pause(): void {
    this.#end();
    this.#options.onState({ type: "paused" });
  }

  /** Ends the connection for good. */
  close(): void {
    this.#end();
    this.#sink.close();
  }

  #openSocket(): WebSocket | undefined {
    const { url, onRefused } = this.#options;
    try {
      return new WebSocket(url);
    } catch {
      // Firefox, where the page's policy forbids the address. Chromium reports an error later.
      onRefused(refusal(url));
      return undefined;
    }
  }

  #end(): void {
    this.#cancelRetry?.();
    this.#connection?.close();
    this.#connection = undefined;
  }

  #retry(reason: string): void {
    this.#end();
    const waitMs = this.#backOff.next();
    this.#options.onState({ type: "retrying", reason, waitMs });
    this.#cancelRetry = this.#clock.startTimer(fromMilliseconds(waitMs), () => this.start());
  }
}

interface ConnectionEvents {
  readonly onBegin: () => void;
  readonly onUnit: (unit: RelayedAccessUnit) => void;
  readonly onState: (state: RelayState) => void;
  readonly onDamage: (code: string, detail: string) => void;
  /** The connection ended by itself, not by `close`. */
  readonly onEnd: (reason: string) => void;
  /** The browser does not let this page connect. */
  readonly onRefused: (reason: string) => void;
  readonly report: () => ReportMessage;
}

interface Place {
  readonly epoch: number;
  readonly group: number;
  readonly object: number;
}

/** One WebSocket, from its opening to its end. */
class Connection {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #serverClock: ServerClock;
  readonly #events: ConnectionEvents;
  readonly #groups = new UnbrokenGroups();
  #ackEvery: Microseconds = fromMilliseconds(100);
  #unacknowledged: Place | undefined;
  #cancelAck: CancelTimer | undefined;
  #cancelQuestion: CancelTimer | undefined;
  #heardAt: Microseconds;
  #questions = 0;
  /**
   * The newest access unit of the burst at the beginning: those before it are not worth showing.
   */
  #edge: Place | undefined;
  /** Nothing has come since then, on the server's clock; undefined while pictures come. */
  #silentSince: number | undefined;
  #bye: string | undefined;
  #wasOpen = false;
  #isClosed = false;

  constructor(socket: WebSocket, clock: Clock, serverClock: ServerClock, events: ConnectionEvents) {
    this.#clock = clock;
    this.#serverClock = serverClock;
    this.#events = events;
    this.#heardAt = clock.now();
    this.#socket = socket;
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onerror = () => {
      if (isRefused(socket.url)) events.onRefused(refusal(socket.url));
    };
    this.#socket.onclose = ({ code, reason }) => void this.#closed(code, this.#bye ?? reason);
    this.#cancelQuestion = clock.startTimer(answerTimeout, () => this.#ask());
  }

  #send(message: ViewerMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(writeControlMessage(message));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelAck?.();
    this.#cancelQuestion?.();
    this.#socket.onmessage = null;
    this.#socket.onerror = null;
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #end(reason: string): void {
    this.close();
    this.#events.onEnd(reason);
  }

  #receive(data: string | ArrayBuffer): void {
    this.#heardAt = this.#clock.now();
    this.#wasOpen = true;
    try {
      if (typeof data === "string") this.#receiveControl(data);
      else this.#receiveUnit(new Uint8Array(data));
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  #receiveControl(text: string): void {
    const message = readServerMessage(text);
    switch (message?.type) {
      case "hello":
        this.#begin(message);
        break;
      case "silent":
        this.#silentSince = message.since;
        this.#events.onState({ type: "silent", since: this.#dateOf(message.since as Microseconds) });
        break;
      case "gone":
        this.#silentSince = undefined;
        this.#events.onState({ type: "waiting", reason: message.reason });
        break;
      case "back":
        this.#silentSince = undefined;
        this.#events.onState({ type: "live" });
        break;
      case "damage":
        this.#events.onDamage(message.code, message.detail);
        break;
      case "dropped":
        this.#groups.expectGap(message.next);
        this.#events.onDamage(
          "dropped-late",
          `the connection is too slow: the server left out ${message.count} access units`,
        );
        break;
      case "clock":
        this.#serverClock.answer(
          message.sentAt as Microseconds,
          message.now as Microseconds,
          this.#clock.now(),
        );
        break;
      case "bye":
        this.#bye = message.reason;
        break;
    }
  }

  #begin(hello: ServerMessage & { type: "hello" }): void {
    this.#serverClock.hint(hello.now as Microseconds, this.#heardAt);
    this.#ackEvery = fromMilliseconds(hello.ackEveryMs);
    this.#edge = hello.edge;
    this.#events.onBegin();
    this.#events.onState(hello.state === "live" ? { type: "live" } : { type: "waiting" });
    this.#ask();
  }

  #receiveUnit(message: Uint8Array): void {
    const received = decodeAccessUnit(message);
    const { unit, group, object } = received;
    this.#acknowledge({ epoch: unit.epoch, group, object });
    // What was cached for this viewer came before the silence.
    if (this.#silentSince !== undefined && unit.lastByteAt > this.#silentSince) {
      this.#silentSince = undefined;
      this.#events.onState({ type: "live" });
    }
    const verdict = this.#groups.judge(received);
    if (verdict === "lost") {
      const place = `object ${object} of group ${group}`;
      this.#events.onDamage("dropped-late", `${place} was thrown away: something before it did not come`);
      return;
    }
    const beforeEdge = this.#isBeforeEdge(group, object);
    this.#events.onUnit({
      unit: {
        ...unit,
        firstByteAt: this.#serverClock.toLocal(unit.firstByteAt),
        lastByteAt: this.#serverClock.toLocal(unit.lastByteAt),
        completeAt: this.#serverClock.toLocal(unit.completeAt),
        // A viewer that came after the wrong guess never got what this would replace.
        corrects: verdict === "again",
        discontinuity: unit.discontinuity || verdict === "after-loss",
      },
      receivedAt: this.#heardAt,
      beforeEdge,
    });
  }

  /** A time of the server's clock as that of `Date.now()`. */
  #dateOf(time: Microseconds): number {
    return Math.round(Date.now() - (this.#clock.now() - this.#serverClock.toLocal(time)) / 1000);
  }

  #isBeforeEdge(group: number, object: number): boolean {
    const edge = this.#edge;
    if (!edge) return false;
    if (group < edge.group || (group === edge.group && object < edge.object)) return true;
    this.#edge = undefined;
    return false;
  }

  #acknowledge(place: Place): void {
    this.#unacknowledged = place;
    this.#cancelAck ??= this.#clock.startTimer(this.#ackEvery, () => {
      this.#cancelAck = undefined;
      if (this.#unacknowledged) this.#send({ type: "ack", ...this.#unacknowledged });
    });
  }

  /** Regularly asks for the server's clock and sends the report. */
  #ask(): void {
    this.#cancelQuestion?.();
    if (this.#clock.now() - this.#heardAt > answerTimeout) {
      this.#end("the server does not answer");
      return;
    }
    this.#send({ type: "clock", sentAt: this.#clock.now() });
    if (this.#questions++ > 0) this.#send(this.#events.report());
    const wait = this.#questions < firstQuestions ? firstClockInterval : clockInterval;
    this.#cancelQuestion = this.#clock.startTimer(wait, () => this.#ask());
  }

  async #closed(code: number, reason: string): Promise<void> {
    if (reason) this.#end(reason);
    else if (code !== 1006) this.#end(`the server closed the connection (code ${code})`);
    else if (this.#wasOpen) this.#end("the connection broke");
    else {
      this.#cancelQuestion?.();
      const why = await whyUnreachable(this.#socket.url);
      if (!this.#isClosed) this.#end(why);
    }
  }
}

import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Clock } from "../../../core/time.js";
import type { ServeConfig } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import type { ServedStream } from "../streams/served-stream.js";
import { ViewerSession } from "./viewer-session.js";

const noSessions: ReadonlySet<ViewerSession> = new Set();

/** All viewers, on WebSockets and over HTTP; `bounds.maxViewers` limits their number. */
export class Viewers {
  readonly #config: ServeConfig;
  readonly #clock: Clock;
  readonly #sessions = new Map<ServedStream, Set<ViewerSession>>();
  readonly #readers = new Map<ServedStream, number>();

  constructor(config: ServeConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Current viewers. */
  get count(): number {
    const sessions = [...this.#sessions.values()].map(({ size }) => size);
    return [...sessions, ...this.#readers.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Viewers of a stream on WebSockets. */
  of(stream: ServedStream): ReadonlySet<ViewerSession> {
    return this.#sessions.get(stream) ?? noSessions;
  }

  /** Readers of a stream over HTTP. */
  readersOf(stream: ServedStream): number {
    return this.#readers.get(stream) ?? 0;
  }

  /**
   * Adds a viewer on a WebSocket, until that closes.
   * @param peer names it to people
   * @throws ServeError `NALIVE_TOO_MANY_VIEWERS`
   */
  add(ws: WebSocket, socket: Socket, peer: string, stream: ServedStream): void {
    this.#checkRoom();
    const session = new ViewerSession(ws, socket, peer, stream, this.#clock, this.#config);
    const sessions = this.#sessions.get(stream) ?? new Set();
    this.#sessions.set(stream, sessions.add(session));
    ws.on("close", () => {
      sessions.delete(session);
      if (sessions.size === 0) this.#sessions.delete(stream);
    });
  }

  /**
   * Counts a reader over HTTP.
   * @returns a function that removes it; later calls do nothing
   * @throws ServeError `NALIVE_TOO_MANY_VIEWERS`
   */
  addReader(stream: ServedStream): () => void {
    this.#checkRoom();
    this.#readers.set(stream, this.readersOf(stream) + 1);
    let isCounted = true;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      const left = this.readersOf(stream) - 1;
      if (left > 0) this.#readers.set(stream, left);
      else this.#readers.delete(stream);
    };
  }

  /** Call once per second: disconnects stalled viewers. */
  tick(): void {
    for (const sessions of this.#sessions.values()) for (const session of sessions) session.tick();
  }

  #checkRoom(): void {
    const { maxViewers } = this.#config.bounds;
    if (this.count < maxViewers) return;
    throw new ServeError(
      "NALIVE_TOO_MANY_VIEWERS",
      `The server has ${maxViewers} viewers and takes no more (bounds.maxViewers)`,
    );
  }
}

import type { Chunk } from "../../../src/core/chunk.js";
import type { Session, SourceSink, SourceState } from "../../../src/node/source/source.js";

/** One session as it was delivered. */
export interface RecordedSession extends Session {
  readonly chunks: Chunk[];
  ended: boolean;
  reason: Error | undefined;
}

/**
 * Keeps everything that a source delivers, checks the order that `SourceSink` promises, and waits
 * for conditions.
 */
export class RecordingSink implements SourceSink {
  readonly sessions: RecordedSession[] = [];
  readonly states: SourceState[] = [];
  closed: { reason: Error | undefined } | undefined;
  readonly violations: string[] = [];
  /** Called at each chunk. */
  onPush = () => {};
  #changed: (() => void)[] = [];

  push(chunk: Chunk): void {
    const session = this.sessions.at(-1);
    if (this.closed || !session || session.ended) this.violations.push("push outside a session");
    session?.chunks.push(chunk);
    this.onPush();
    this.#tell();
  }

  begin(session: Session): void {
    if (this.closed || (this.sessions.length > 0 && !this.sessions.at(-1)?.ended))
      this.violations.push("begin inside a session");
    this.sessions.push({ ...session, chunks: [], ended: false, reason: undefined });
    this.#tell();
  }

  end(reason?: Error): void {
    const session = this.sessions.at(-1);
    if (this.closed || !session || session.ended) this.violations.push("end outside a session");
    if (session) Object.assign(session, { ended: true, reason });
    this.#tell();
  }

  state(event: SourceState): void {
    if (this.closed) this.violations.push("state after close");
    this.states.push(event);
    this.#tell();
  }

  close(reason?: Error): void {
    if (this.closed) this.violations.push("second close");
    if (this.sessions.at(-1)?.ended === false) this.violations.push("close inside a session");
    this.closed = { reason };
    this.#tell();
  }

  /** Resolves as soon as `condition` is truthy. */
  async until<T>(condition: () => T | undefined | false): Promise<T> {
    for (;;) {
      const result = condition();
      if (result) return result;
      await new Promise<void>((resolve) => {
        this.#changed.push(resolve);
      });
    }
  }

  /** The first state of this type. */
  stateOf<T extends SourceState["type"]>(type: T): Promise<SourceState & { type: T }> {
    return this.until(() =>
      this.states.find((event): event is SourceState & { type: T } => event.type === type),
    );
  }

  async port(): Promise<number> {
    const { port } = await this.stateOf("listening");
    if (port === undefined) throw new Error("no port");
    return port;
  }

  /** All bytes of a session so far. */
  bytes(session = 0): Buffer {
    return Buffer.concat(this.sessions[session]?.chunks.map(({ data }) => data) ?? []);
  }

  async bytesOf(session: number, length: number): Promise<Buffer> {
    await this.until(() => this.bytes(session).length >= length);
    return this.bytes(session);
  }

  async closeReason(): Promise<Error | undefined> {
    return (await this.until(() => this.closed)).reason;
  }

  #tell(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** Bytes in which a missing, moved or changed byte is found. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

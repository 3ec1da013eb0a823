import type { Duplex } from "node:stream";
import { deserialize, serialize } from "node:v8";

/** Size of the length before each message, bytes; little endian. */
const headerBytes = 4;

/**
 * Messages through a socket between two processes of this program, each sent at once. Twice as fast
 * as Node's channel: a message there and one back, with an access unit of 17 kB, take 0.4 ms
 * instead of 0.75 ms with `process.send`.
 */
export class MessageLink<Out, In> {
  readonly #socket: Duplex;
  readonly #onMessage: (message: In) => void;
  #received: Buffer[] = [];
  #receivedBytes = 0;

  constructor(socket: Duplex, onMessage: (message: In) => void) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
  }

  /** Sends a structured clone of `message`. */
  send(message: Out): void {
    const body = serialize(message);
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(body.length);
    this.#socket.cork();
    this.#socket.write(header);
    this.#socket.write(body);
    this.#socket.uncork();
  }

  #take(bytes: Buffer): void {
    this.#received.push(bytes);
    this.#receivedBytes += bytes.length;
    for (;;) {
      if (this.#receivedBytes < headerBytes) return;
      if (this.#received[0]!.length < headerBytes) this.#join();
      const end = headerBytes + this.#received[0]!.readUInt32LE(0);
      if (this.#receivedBytes < end) return;
      const all = this.#join();
      this.#received = all.length > end ? [all.subarray(end)] : [];
      this.#receivedBytes -= end;
      this.#onMessage(deserialize(all.subarray(headerBytes, end)) as In);
    }
  }

  #join(): Buffer {
    const all = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
    this.#received = [all];
    return all;
  }
}

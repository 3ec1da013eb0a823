import type { Socket } from "node:net";
import { unmask } from "./unmask.js";
import { finalBinary, lengthInTwo } from "./web-socket-frame.js";

/** First octets of the other frames that are known here, as {@link finalBinary}. */
const finalText = 0x81;
const ping = 0x89;
const pong = 0x8a;
const maskBit = 0x80;
/** Octets of the masking key, which a client's frame always has. */
const keyOctets = 4;
/** Payload of a control frame at most. */
const longestControl = 125;

/** What is done with the bytes of a frame. */
type Use = "message" | "for ws" | "thrown away";

/** Takes what a `MessageReader` reads. */
export interface MessageReaderEvents {
  /** Bytes of a message, which nobody writes to again, and whether they are its last. */
  onPiece(piece: Uint8Array, isLast: boolean): void;
  /** A message has begun that is longer than it may be: its bytes are thrown away as they come. */
  onTooLong(): void;
}

/**
 * Takes the binary messages of a client out of its socket before `ws` reads them, piece by piece as they come: nothing waits
 * until a message is whole, and nothing is copied. `ws` keeps all else: text, ping and pong go there frame by frame; at the first
 * frame of another kind (a fragment, a close, one that is malformed) it has the socket back for good.
 *
 * It rests on `ws` listening to `data` of the socket, and on its knowing nothing of the past between whole messages. Where
 * `ws` does not listen so, it gets everything: then messages come by its own event alone.
 */
export class MessageReader {
  readonly #socket: Socket;
  readonly #maxMessageBytes: number;
  readonly #events: MessageReaderEvents;
  readonly #ws: ((chunk: Buffer) => void) | undefined;
  readonly #listener = (chunk: Buffer): void => this.#take(chunk);
  /** The beginning of a header that is not here as a whole. */
  #begun: Buffer | undefined;
  /** Bytes that are still to come of the frame that is being read, and what is done with them. */
  #left = 0;
  #use: Use = "message";
  /** The masking key, its first octet in the lowest byte, and how much of the payload has come. */
  #key = 0;
  #position = 0;

  /**
   * Takes the place of `ws` at the socket.
   *
   * @param socket of a `ws` WebSocket without extensions, in the turn in which `ws` got it
   */
  constructor(socket: Socket, maxMessageBytes: number, events: MessageReaderEvents) {
    this.#socket = socket;
    this.#maxMessageBytes = maxMessageBytes;
    this.#events = events;
    const listeners = socket.listeners("data");
    if (listeners.length !== 1) return;
    this.#ws = listeners[0] as (chunk: Buffer) => void;
    socket.off("data", this.#ws);
    socket.on("data", this.#listener);
  }

  #take(received: Buffer): void {
    const chunk = this.#begun ? Buffer.concat([this.#begun, received]) : received;
    this.#begun = undefined;
    // Not a Buffer: V8 knows its properties.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    const { length } = bytes;
    for (let at = 0; at < length; ) {
      if (this.#left === 0) {
        const header = this.#readHeader(bytes, at);
        if (header === "cut") {
          this.#begun = chunk.subarray(at);
          return;
        }
        if (header === "for ws") {
          this.#giveBack(chunk.subarray(at));
          return;
        }
        at += header;
      }
      const end = Math.min(length, at + this.#left);
      this.#left -= end - at;
      if (this.#use === "for ws") this.#ws!.call(this.#socket, chunk.subarray(at, end));
      else if (this.#use === "message") this.#takePiece(bytes.subarray(at, end));
      at = end;
    }
  }

  #takePiece(piece: Uint8Array): void {
    unmask(piece, this.#key, this.#position);
    this.#position += piece.length;
    this.#events.onPiece(piece, this.#left === 0);
  }

  /** @returns octets of the header that nobody needs any more; or why it cannot be read */
  #readHeader(bytes: Uint8Array, at: number): number | "cut" | "for ws" {
    const first = bytes[at]!;
    const second = bytes[at + 1];
    if (second === undefined) return "cut";
    const isControl = first === ping || first === pong;
    if ((first !== finalBinary && first !== finalText && !isControl) || second < maskBit) return "for ws";
    const short = second - maskBit;
    const lengthOctets = short < lengthInTwo ? 0 : short === lengthInTwo ? 2 : 8;
    const keyAt = at + 2 + lengthOctets;
    const end = keyAt + keyOctets;
    if (bytes.length < end) return "cut";
    let length = lengthOctets === 0 ? short : 0;
    for (let octet = at + 2; octet < keyAt; octet++) length = length * 256 + bytes[octet]!;
    if (isControl && length > longestControl) return "for ws";
    const isTooLong = length > this.#maxMessageBytes;
    if (first === finalText && isTooLong) return "for ws";
    if (first !== finalBinary) {
      this.#use = "for ws";
      this.#left = end - at + length;
      return 0;
    }
    this.#use = isTooLong ? "thrown away" : "message";
    if (isTooLong) this.#events.onTooLong();
    this.#left = length;
    this.#key =
      bytes[keyAt]! | (bytes[keyAt + 1]! << 8) | (bytes[keyAt + 2]! << 16) | (bytes[keyAt + 3]! << 24);
    this.#position = 0;
    return end - at;
  }

  #giveBack(rest: Buffer): void {
    this.#socket.off("data", this.#listener);
    this.#socket.on("data", this.#ws!);
    this.#ws!.call(this.#socket, rest);
  }
}

import type { Socket } from "node:net";
import { finalBinary, lengthInTwo } from "../web-socket-frame.js";
import { oneBufferSocket, readBuffer, roomBefore } from "./one-buffer-socket.js";
import { unmask } from "./unmask.js";

/** First octets of the other frames that are known here, as {@link finalBinary}. */
const finalText = 0x81;
const ping = 0x89;
const pong = 0x8a;
const maskBit = 0x80;
/** Octets of the masking key, which a client's frame always has. */
const keyOctets = 4;
/** Payload of a control frame at most. */
const longestControl = 125;

const nothing = new Uint8Array(0);
/** Bytes that {@link readBuffer} takes. */
const mostAtOnce = readBuffer.length - roomBefore;
/** {@link readBuffer} again. */
const words = new Int32Array(readBuffer.buffer);

/** What is done with the bytes of a frame. */
type Use = "message" | "for ws" | "thrown away";

/** Takes what a `MessageReader` reads. */
export interface MessageReaderEvents {
  /** Bytes of a message, which last for the call, and whether they are its last. */
  onPiece(piece: Uint8Array, isLast: boolean): void;
  /** A message has begun that is longer than it may be: its bytes are thrown away as they come. */
  onTooLong(): void;
}

/**
 * Takes the binary messages of a client out of its socket before `ws` reads them, piece by piece as they come: nothing waits
 * until a message is whole, and nothing is copied but what comes by TLS. `ws` keeps all else: text, ping and pong go there frame by frame; at the first
 * frame of another kind (a fragment, a close, one that is malformed) it has the socket back for good.
 *
 * It rests on `ws` listening to `data` of the socket, and on its knowing nothing of the past between whole messages. Where
 * `ws` does not listen so, it gets everything: then messages come by its own event alone.
 */
export class MessageReader {
  /** The socket for `ws`, in place of the one that was given. */
  readonly socket: Socket;
  readonly #maxMessageBytes: number;
  /** Hears what does not come from {@link oneBufferSocket}: all of a socket with TLS, and what came with the handshake. */
  readonly #listener = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length; at += mostAtOnce) {
      const part = chunk.subarray(at, at + mostAtOnce);
      readBuffer.set(part, roomBefore);
      this.#take(part.length);
    }
  };
  #events: MessageReaderEvents | undefined;
  #ws: ((chunk: Buffer) => void) | undefined;
  /** The beginning of a header that is not here as a whole: less than {@link roomBefore}. */
  #begun = nothing;
  /** Bytes that are still to come of the frame that is being read, and what is done with them. */
  #left = 0;
  #use: Use = "message";
  /** The masking key, its first octet in the lowest byte, and how much of the payload has come. */
  #key = 0;
  #position = 0;

  /** @param socket of an `upgrade`, before `ws` gets it; from here on it is the reader's */
  constructor(socket: Socket, maxMessageBytes: number) {
    this.socket = oneBufferSocket(socket, (count) => this.#take(count)) ?? socket;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Begins to read, in the turn in which `ws` got the socket; it has agreed on no extensions. */
  start(events: MessageReaderEvents): void {
    const listeners = this.socket.listeners("data");
    if (listeners.length !== 1) return;
    this.#events = events;
    this.#ws = listeners[0] as (chunk: Buffer) => void;
    this.socket.off("data", this.#ws);
    this.socket.on("data", this.#listener);
  }

  /** Takes so many bytes, which stand in {@link readBuffer} for as long as this takes. */
  #take(count: number): void {
    const end = roomBefore + count;
    if (!this.#events) {
      this.socket.emit("data", Buffer.from(readBuffer.subarray(roomBefore, end)));
      return;
    }
    let at = roomBefore - this.#begun.length;
    if (at < roomBefore) {
      readBuffer.set(this.#begun, at);
      this.#begun = nothing;
    }
    while (at < end) {
      if (this.#left === 0) {
        const header = this.#readHeader(at, end);
        if (header === "cut") {
          this.#begun = readBuffer.slice(at, end);
          return;
        }
        if (header === "for ws") {
          this.#giveBack(at, end);
          return;
        }
        at += header;
      }
      const next = Math.min(end, at + this.#left);
      this.#left -= next - at;
      if (this.#use === "for ws") this.#giveToWs(at, next);
      else if (this.#use === "message") this.#takePiece(at, next);
      at = next;
    }
  }

  #takePiece(from: number, to: number): void {
    unmask(readBuffer, words, from, to, this.#key, this.#position);
    this.#position += to - from;
    this.#events!.onPiece(readBuffer.subarray(from, to), this.#left === 0);
  }

  /** @returns octets of the header that nobody needs any more; or why it cannot be read */
  #readHeader(at: number, end: number): number | "cut" | "for ws" {
    if (end < at + 2) return "cut";
    const first = readBuffer[at]!;
    const second = readBuffer[at + 1]!;
    const isControl = first === ping || first === pong;
    if ((first !== finalBinary && first !== finalText && !isControl) || second < maskBit) return "for ws";
    const short = second - maskBit;
    const lengthOctets = short < lengthInTwo ? 0 : short === lengthInTwo ? 2 : 8;
    const keyAt = at + 2 + lengthOctets;
    const payloadAt = keyAt + keyOctets;
    if (end < payloadAt) return "cut";
    let length = lengthOctets === 0 ? short : 0;
    for (let octet = at + 2; octet < keyAt; octet++) length = length * 256 + readBuffer[octet]!;
    if (isControl && length > longestControl) return "for ws";
    const isTooLong = length > this.#maxMessageBytes;
    if (first === finalText && isTooLong) return "for ws";
    if (first !== finalBinary) {
      this.#use = "for ws";
      this.#left = payloadAt - at + length;
      return 0;
    }
    this.#use = isTooLong ? "thrown away" : "message";
    if (isTooLong) this.#events!.onTooLong();
    this.#left = length;
    this.#key =
      readBuffer[keyAt]! |
      (readBuffer[keyAt + 1]! << 8) |
      (readBuffer[keyAt + 2]! << 16) |
      (readBuffer[keyAt + 3]! << 24);
    this.#position = 0;
    return payloadAt - at;
  }

  #giveBack(from: number, to: number): void {
    this.socket.off("data", this.#listener);
    this.socket.on("data", this.#ws!);
    this.#events = undefined;
    this.#giveToWs(from, to);
  }

  /** `ws` keeps what it gets until a frame is whole. */
  #giveToWs(from: number, to: number): void {
    this.#ws!.call(this.socket, Buffer.from(readBuffer.subarray(from, to)));
  }
}

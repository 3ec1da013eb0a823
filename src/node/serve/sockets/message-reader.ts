import type { Socket } from "node:net";
import { finalBinary, lengthInTwo } from "../web-socket-frame.js";
import { unmask } from "./unmask.js";

/** First octets of the other frames that the reader knows; see {@link finalBinary}. */
const finalText = 0x81;
const ping = 0x89;
const pong = 0x8a;
const maskBit = 0x80;
/** Octets of the masking key, which every client frame carries. */
const keyOctets = 4;
/** Longest payload of a control frame. */
const longestControl = 125;

const nothing: Buffer = Buffer.alloc(0);

/** What the reader does with the bytes of a frame. */
type Use = "message" | "for ws" | "dropped";

/** Receives what a `MessageReader` reads. */
export interface MessageReaderEvents {
  /** The next bytes of a message, and whether they are its last. The receiver may keep them. */
  onPiece(piece: Uint8Array, isLast: boolean): void;
  /** A message longer than the limit has begun; the reader drops its bytes as they arrive. */
  onTooLong(): void;
}

/**
 * Reads a client's binary messages from its socket in place of `ws`, piece by piece as they arrive.
 * It copies nothing and never waits for a whole message. Text, ping and pong frames go to `ws`
 * unchanged. At the first frame of another kind (a fragment, a close, a malformed one), the reader
 * hands the socket back to `ws` for good.
 *
 * It relies on `ws` listening to the socket's `data` event, and on `ws` keeping no state between
 * whole messages. If `ws` does not listen that way, `ws` reads everything, and messages arrive only
 * through its own event.
 */
export class MessageReader {
  readonly #socket: Socket;
  readonly #maxMessageBytes: number;
  readonly #listener = (chunk: Buffer): void => this.#read(chunk);
  #events: MessageReaderEvents | undefined;
  #ws: ((chunk: Buffer) => void) | undefined;
  /** The start of a frame header whose rest has not arrived. */
  #partialHeader = nothing;
  /** Bytes of the open frame still to arrive, and what to do with them. */
  #left = 0;
  #use: Use = "message";
  /**
   * The masking key of the open frame, with its first octet in the lowest byte, and the payload
   * octets that have arrived.
   */
  #key = 0;
  #position = 0;

  /** @param socket the one of the `upgrade` event */
  constructor(socket: Socket, maxMessageBytes: number) {
    this.#socket = socket;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Starts reading. Call it in the turn of the event loop in which `ws` got the socket. `ws` must
   * not have negotiated any extension.
   */
  start(events: MessageReaderEvents): void {
    const listeners = this.#socket.listeners("data");
    if (listeners.length !== 1) return;
    this.#events = events;
    this.#ws = listeners[0] as (chunk: Buffer) => void;
    this.#socket.off("data", this.#ws);
    this.#socket.on("data", this.#listener);
  }

  #read(received: Buffer): void {
    const chunk = this.#partialHeader.length > 0 ? Buffer.concat([this.#partialHeader, received]) : received;
    this.#partialHeader = nothing;
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        const header = this.#readHeader(chunk, at);
        if (header === "cut") {
          this.#partialHeader = chunk.subarray(at);
          return;
        }
        if (header === "for ws") {
          this.#handBack(chunk.subarray(at));
          return;
        }
        at += header;
      }
      const next = Math.min(chunk.length, at + this.#left);
      this.#left -= next - at;
      if (this.#use === "for ws") this.#ws!.call(this.#socket, chunk.subarray(at, next));
      else if (this.#use === "message") this.#readPiece(chunk.subarray(at, next));
      at = next;
    }
  }

  #readPiece(piece: Uint8Array): void {
    unmask(piece, this.#key, this.#position);
    this.#position += piece.length;
    this.#events!.onPiece(piece, this.#left === 0);
  }

  /**
   * @returns octets of the header to skip: none if the header goes to `ws` too. `cut` if the header
   *   is incomplete, `for ws` if `ws` must take over
   */
  #readHeader(chunk: Buffer, at: number): number | "cut" | "for ws" {
    if (chunk.length < at + 2) return "cut";
    const first = chunk[at]!;
    const second = chunk[at + 1]!;
    const isControl = first === ping || first === pong;
    if ((first !== finalBinary && first !== finalText && !isControl) || second < maskBit) return "for ws";
    const short = second - maskBit;
    const lengthOctets = short < lengthInTwo ? 0 : short === lengthInTwo ? 2 : 8;
    const keyAt = at + 2 + lengthOctets;
    const payloadAt = keyAt + keyOctets;
    if (chunk.length < payloadAt) return "cut";
    let length = lengthOctets === 0 ? short : 0;
    for (let octet = at + 2; octet < keyAt; octet++) length = length * 256 + chunk[octet]!;
    if (isControl && length > longestControl) return "for ws";
    const isTooLong = length > this.#maxMessageBytes;
    if (first === finalText && isTooLong) return "for ws";
    if (first !== finalBinary) {
      this.#use = "for ws";
      this.#left = payloadAt - at + length;
      return 0;
    }
    this.#use = isTooLong ? "dropped" : "message";
    if (isTooLong) this.#events!.onTooLong();
    this.#left = length;
    this.#key =
      chunk[keyAt]! | (chunk[keyAt + 1]! << 8) | (chunk[keyAt + 2]! << 16) | (chunk[keyAt + 3]! << 24);
    this.#position = 0;
    return payloadAt - at;
  }

  /** Lets `ws` read the socket itself, from these bytes on. */
  #handBack(rest: Buffer): void {
    this.#socket.off("data", this.#listener);
    this.#socket.on("data", this.#ws!);
    this.#events = undefined;
    this.#ws!.call(this.#socket, rest);
  }
}

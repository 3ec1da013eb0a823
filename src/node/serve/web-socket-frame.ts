import type { PassingBytes } from "../../core/passing.js";

/** Length of the longest frame header, bytes (RFC 6455, 5.2). */
export const longestFrameHeader = 10;

/** First byte of a frame with a whole binary message: FIN, no extensions, opcode. */
export const finalBinary = 0x82;
/**
 * The second byte without its mask bit if the length stands in the next two bytes, or in the next
 * eight.
 */
export const lengthInTwo = 126;
const lengthInEight = 127;

/**
 * Puts a message into one WebSocket frame (RFC 6455, 5.2). A server does not mask frames, so the
 * frame is the same for every client.
 *
 * The caller may write it to the socket of a `ws` WebSocket between messages of `ws`: without
 * compression, `ws` writes each message in one piece.
 *
 * @param message its buffer has {@link longestFrameHeader} free bytes before it, which get
 *   overwritten
 */
export function binaryFrame(message: Uint8Array): Uint8Array;
export function binaryFrame(message: PassingBytes): PassingBytes;
export function binaryFrame(message: PassingBytes): PassingBytes {
  const { length, buffer, byteOffset } = message;
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : longestFrameHeader;
  const frame = new Uint8Array(buffer, byteOffset - headerBytes, headerBytes + length);
  frame[0] = finalBinary;
  frame[1] = headerBytes === 2 ? length : headerBytes === 4 ? lengthInTwo : lengthInEight;
  // Big-endian. Of eight bytes the first four are 0, because no message is that long.
  for (let at = headerBytes - 1, rest = length; at >= 2; at--, rest >>>= 8) frame[at] = rest & 0xff;
  return frame;
}

/** The message in a frame of {@link binaryFrame}, as a view. */
export function messageOf<Bytes extends PassingBytes>(frame: Bytes): Bytes {
  const length = frame[1];
  return frame.subarray(length === lengthInEight ? longestFrameHeader : length === lengthInTwo ? 4 : 2);
}

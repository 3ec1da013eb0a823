/** Bytes before a message in the longest frame (RFC 6455, 5.2). */
export const longestFrameHeader = 10;

/** First byte of a frame that is a whole binary message: FIN, no extension, and the opcode. */
export const finalBinary = 0x82;
/** Second byte of a frame, but for the mask bit, whose message is longer than the byte can say: two more hold the length, or eight. */
export const lengthInTwo = 126;
const lengthInEight = 127;

/**
 * A message as one frame of a WebSocket (RFC 6455, 5.2), as a server sends it: unmasked, so the same for every client.
 *
 * It may be written to the socket of a `ws` WebSocket between messages that `ws` sends: without compression, `ws` writes
 * each message whole and at once.
 *
 * @param message with at least {@link longestFrameHeader} bytes free before it in its buffer, which are written to
 */
export function binaryFrame(message: Uint8Array): Uint8Array {
  const { length, buffer, byteOffset } = message;
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : longestFrameHeader;
  const frame = new Uint8Array(buffer, byteOffset - headerBytes, headerBytes + length);
  frame[0] = finalBinary;
  frame[1] = headerBytes === 2 ? length : headerBytes === 4 ? lengthInTwo : lengthInEight;
  // Big-endian; the first four of eight bytes are 0, since no message is as long.
  for (let at = headerBytes - 1, rest = length; at >= 2; at--, rest >>>= 8) frame[at] = rest & 0xff;
  return frame;
}

/** The message of a frame that {@link binaryFrame} made: a view. */
export function messageOf(frame: Uint8Array): Uint8Array {
  const [, length] = frame;
  return frame.subarray(length === lengthInEight ? longestFrameHeader : length === lengthInTwo ? 4 : 2);
}

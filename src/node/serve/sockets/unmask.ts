/** For a shorter payload, a view of its words costs more than it saves. */
const fewestOctetsForWords = 64;

/**
 * Unmasks payload octets of a WebSocket frame in place (RFC 6455, 5.3).
 *
 * Works on 32-bit words. Octet by octet, as `ws` does without its native add-on, takes ten times as
 * long.
 *
 * @param key the four octets of the masking key, with the first in the lowest byte
 * @param position the offset of `octets` in the frame's payload
 */
export function unmask(octets: Uint8Array, key: number, position: number): void {
  const { length } = octets;
  if (length < fewestOctetsForWords) {
    unmaskOctets(octets, 0, length, key, position);
    return;
  }
  const { buffer, byteOffset } = octets;
  const wordsFrom = -byteOffset & 3;
  const words = new Int32Array(buffer, byteOffset + wordsFrom, (length - wordsFrom) >>> 2);
  const wordsTo = wordsFrom + words.length * 4;
  const rotation = ((position + wordsFrom) & 3) * 8;
  const word = rotation === 0 ? key : (key >>> rotation) | (key << (32 - rotation));
  unmaskOctets(octets, 0, wordsFrom, key, position);
  for (let at = 0; at < words.length; at++) words[at]! ^= word;
  unmaskOctets(octets, wordsTo, length, key, position);
}

function unmaskOctets(octets: Uint8Array, from: number, to: number, key: number, position: number): void {
  for (let at = from; at < to; at++) octets[at]! ^= key >>> (((position + at) & 3) * 8);
}

import { joinBytes } from "../core/bytes.js";

/** `count` zero bytes. */
export const zeros = (count: number): Uint8Array => new Uint8Array(count);

/** Big-endian, 16 bits. */
export const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value);

/** Big-endian, 32 bits; negative numbers as two's complement. */
export const u32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** Big-endian, 64 bits. */
export const u64 = (value: number): Uint8Array =>
  joinBytes([u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32)]);

/** One byte per character. */
export const ascii = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A box (ISO/IEC 14496-12, 4.2): size, type, content. */
export function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  return joinBytes([u32(size), ascii(type), ...parts]);
}

/** A box with a version and flags. */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  return box(type, u32(version * 2 ** 24 + flags), ...parts);
}

/** An unsigned big-endian number of 4 or 8 bytes. */
export function bigEndian(bytes: Uint8Array, at: number, size: 4 | 8): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return size === 4 ? view.getUint32(at) : view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

import { joinBytes } from "../../src/core/bytes.js";

/** Bytes from hexadecimal text. Other characters are ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/[^0-9a-f]/gi, "");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Hexadecimal text of bytes, `00 01 ff`. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** All bytes in a row. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return joinBytes(parts);
}

/** A byte stream (B.1): each NAL unit after `00 00 00 01`. */
export function annexB(...nalUnits: readonly Uint8Array[]): Uint8Array {
  return concat(...nalUnits.flatMap((nal) => [Uint8Array.of(0, 0, 0, 1), nal]));
}

/** Cuts bytes into pieces of these sizes, again and again. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = start + Math.max(1, sizes[pieces.length % sizes.length] ?? bytes.length);
    pieces.push(bytes.slice(start, end));
    start = end;
  }
  return pieces;
}

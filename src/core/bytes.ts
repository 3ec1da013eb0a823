import type { PassingBytes } from "./passing.js";

/** Joins bytes in new memory. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** True if both hold the same bytes. */
export function equalBytes(one: Uint8Array, other: PassingBytes): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

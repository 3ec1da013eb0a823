const startCode = Uint8Array.of(0, 0, 1);
// Each mention of the global `Buffer` is a call.
const { indexOf } = Buffer.prototype;

/** `AnnexBParserOptions.indexOfStartCode` by Node's search: 10 GB/s in coded pictures. */
export function indexOfStartCode(data: Uint8Array, from: number): number {
  const at = indexOf.call(data, startCode, from - 2);
  return at < 0 ? -1 : at + 2;
}

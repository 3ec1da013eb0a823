export function decodeReference(units: readonly Uint8Array[]): {
  readonly digests: readonly string[];
  readonly order: readonly number[];
};

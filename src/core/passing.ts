/**
 * Bytes that last only during the `push` that brings them: afterwards another item is written over
 * them. They can be read, measured and copied. They are no `Uint8Array`, so nothing that might hold
 * on to bytes accepts them.
 */
export interface PassingBytes {
  readonly [index: number]: number;
  readonly length: number;
  readonly byteLength: number;
  readonly byteOffset: number;
  /** Their memory, for its owner. */
  readonly buffer: ArrayBufferLike;
  /** A view, which passes as these bytes do. */
  subarray(begin?: number, end?: number): this;
  /** A copy, which lasts. */
  slice(begin?: number, end?: number): Uint8Array<ArrayBuffer>;
}

/**
 * An item whose bytes last only during the `push` that brings it, such as an access unit in memory
 * that is used again. A type only: when running it is the item.
 *
 * A `T` can be pushed wherever a `Passing<T>` is expected, but not the reverse. What holds items
 * takes a `T`; forgetting to keep one does not compile. Only the owner of the memory can make it
 * last: `keep(item: Passing<T>): T`.
 */
export type Passing<T> = { readonly [K in keyof T]: PassingMember<T[K]> };

type PassingMember<T> = T extends Uint8Array
  ? PassingBytes
  : T extends string | number | boolean | undefined
    ? T
    : Passing<T>;

/** Passing bytes for a call that is done with them when it returns, and takes a `Uint8Array`. */
export const lend = (bytes: PassingBytes): Uint8Array => bytes as Uint8Array;

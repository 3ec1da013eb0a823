import type { Chunk } from "../../core/chunk.js";
import type { IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import { type Microseconds, microseconds } from "../../core/time.js";
import { isSlice, type NalUnit, NalUnitType } from "../syntax/nal-unit.js";

/** A NAL unit of a byte stream. `data` is a view that is valid only during `push`. */
export interface ReceivedNalUnit extends NalUnit {
  /** Byte offset of its header in the stream. */
  readonly position: number;
  /** When its first byte was received. */
  readonly firstByteAt: Microseconds;
  /** When its last byte was received. */
  readonly lastByteAt: Microseconds;
  /** True for the unit pushed last, now longer: its end was guessed too early. */
  readonly continued: boolean;
  /** True if its end is a guess. More of it may come, with `continued`. */
  readonly guessed: boolean;
}

/** Takes NAL units as the parser finds them. */
export interface NalUnitSink extends Sink<ReceivedNalUnit> {
  /**
   * A NAL unit has begun whose end has not come. `prefix.data` holds its header byte and, for a
   * slice, enough for the syntax elements that tell pictures apart (7.4.1.2.4). Called at most once
   * per NAL unit, and never for one that comes in one piece.
   */
  begin(prefix: ReceivedNalUnit): void;
}

/** The end of the bytes received so far. */
export interface StreamTail {
  /** Offset in the stream after the last byte that belongs to a NAL unit. */
  readonly contentEnd: number;
  /** Where a NAL unit begins that is still too short for `NalUnitSink.begin`, if any. */
  readonly undecidedFrom: number | undefined;
  /** The slice whose end has not come, if any. */
  readonly slice: OpenSlice | undefined;
}

/** A slice whose end has not come. */
interface OpenSlice {
  /** nal_unit_type 5. */
  readonly isIdr: boolean;
  /** True if all its bytes have been pushed, on a guess of its end. */
  readonly isPushed: boolean;
}

/** Bounds of an `AnnexBParser`. */
export interface AnnexBParserOptions {
  /** A longer NAL unit is dropped and counted. Default 16 MiB. */
  readonly maxNalUnitBytes?: number;
  /**
   * Searches faster than JavaScript can, on platforms that offer it. Returns the index of the 0x01
   * of the next `00 00 01` whose 0x01 is at `from` (2 or more) or later; -1 if there is none.
   */
  readonly indexOfStartCode?: (data: Uint8Array, from: number) => number;
}

/**
 * A slice header takes at most 34 bytes up to redundant_pic_cnt; emulation prevention adds half.
 */
const slicePrefixBytes = 52;
const smallestBuffer = 64 * 1024;

/**
 * Cuts an Annex B byte stream (B.1) into NAL units.
 *
 * The output does not depend on how the input was cut into chunks. Any bytes are accepted, and
 * `maxNalUnitBytes` bounds the memory. A NAL unit is copied only if it spans chunks; until then the
 * parser keeps its chunk.
 */
export class AnnexBParser implements Sink<Chunk> {
  readonly #sink: NalUnitSink;
  readonly #issues: IssueReporter;
  readonly #maxNalUnitBytes: number;
  readonly #indexOfStartCode: (data: Uint8Array, from: number) => number;

  #state: "seeking" | "inside" = "seeking";
  /** The open NAL unit up to its last byte that is not 0: a view of its chunk, or `#buffer`. */
  #pending: Uint8Array = new Uint8Array(0);
  /** Holds an open NAL unit that came in several chunks. */
  #buffer = new Uint8Array(0);
  #pendingLength = 0;
  /** Zero bytes after it, any number: part of the NAL unit only if more of it comes. */
  #pendingZeros = 0;
  /** Zero bytes at the end of the input so far, counted up to 2. */
  #zeros = 0;
  /** Bytes of the open NAL unit that were pushed on a guess of its end. */
  #guessedLength = 0;
  #begun = false;
  #consumed = 0;
  #nalPosition = 0;
  #skipped = 0;
  #lastNalEnd = 0;
  #firstByteAt = microseconds(0);
  #lastByteAt = microseconds(0);
  #chunkAt = microseconds(0);
  #foundStartCode = false;

  constructor(sink: NalUnitSink, issues: IssueReporter, options: AnnexBParserOptions = {}) {
    this.#sink = sink;
    this.#issues = issues;
    this.#maxNalUnitBytes = options.maxNalUnitBytes ?? 16 * 1024 * 1024;
    this.#indexOfStartCode = options.indexOfStartCode ?? indexOfStartCode;
  }

  /** False until the first start code. */
  get foundStartCode(): boolean {
    return this.#foundStartCode;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @param endsNalUnit call `endOpenNalUnit` at the end of the chunk if a NAL unit begins in it
   * @returns what is open at the end of the chunk
   */
  push(chunk: Chunk, endsNalUnit = false): StreamTail {
    const { data } = chunk;
    this.#chunkAt = chunk.receivedAt;
    let start = 0;
    let one = this.#firstStartCode(data);
    while (one >= 0) {
      this.#endNalUnit(data, start, one);
      this.#open(this.#consumed + one + 1);
      start = one + 1;
      one = this.#indexOfStartCode(data, start + 2);
    }
    this.#keep(data, start);
    this.#countZeros(data);
    this.#consumed += data.length;
    if (endsNalUnit && this.#guessedLength === 0 && this.#pendingLength >= slicePrefixBytes) {
      this.endOpenNalUnit();
    } else {
      this.#announce();
    }
    return this.#tail();
  }

  /** Leaves out the next `bytes` bytes of the stream: they are part of no NAL unit. */
  skip(bytes: number): void {
    this.#consumed += bytes;
  }

  /**
   * Pushes the open NAL unit although no start code has followed. If more of it comes, the whole is
   * pushed again with `continued` set.
   *
   * @returns what is open now
   */
  endOpenNalUnit(): StreamTail {
    if (this.#state === "inside") {
      this.#emitPending(true);
      this.#guessedLength = this.#pendingLength;
      if (this.#pendingLength >= slicePrefixBytes) this.#begun = true;
    }
    return this.#tail();
  }

  /**
   * The connection has ended, so the open NAL unit is complete. The next one starts with a start
   * code.
   */
  endOfInput(): void {
    if (this.#state === "inside") this.#emitPending();
    this.#seek();
    this.#zeros = 0;
  }

  close(reason?: Error): void {
    this.endOfInput();
    this.#sink.close(reason);
  }

  #tail(): StreamTail {
    const isInside = this.#state === "inside";
    const length = isInside ? this.#pendingLength : 0;
    const type = length > 0 ? this.#pending[0]! & 31 : 0;
    return {
      contentEnd: length > 0 ? this.#nalPosition + length : this.#lastNalEnd,
      undecidedFrom: isInside && !this.#begun ? this.#nalPosition : undefined,
      slice: isSlice(type)
        ? { isIdr: type === NalUnitType.codedSliceIdr, isPushed: length === this.#guessedLength }
        : undefined,
    };
  }

  /**
   * Index of the last byte of the first start code, which may begin in an earlier chunk; else -1.
   */
  #firstStartCode(data: Uint8Array): number {
    if (this.#zeros >= 2 && data[0] === 1) return 0;
    if (this.#zeros >= 1 && data[0] === 0 && data[1] === 1) return 1;
    // Senders write whole NAL units, so most chunks begin with a start code.
    if (data[0] === 0 && data[1] === 0 && data[2] === 0 && data[3] === 1) return 3;
    return this.#indexOfStartCode(data, 2);
  }

  /** The start code that ends at `one` ends the open NAL unit. */
  #endNalUnit(data: Uint8Array, start: number, one: number): void {
    if (this.#state === "seeking") {
      this.#skip(data, start, Math.max(start, one - 2));
      return;
    }
    if (this.#pendingLength === 0 && this.#pendingZeros === 0) {
      const end = start + lengthWithoutTrailingZeros(data, start, Math.max(start, one - 2));
      if (end - start > this.#maxNalUnitBytes) this.#tooLong();
      else if (end > start) {
        if (start === 0) this.#firstByteAt = this.#chunkAt;
        this.#lastByteAt = this.#chunkAt;
        this.#emit(data.subarray(start, end));
      }
      return;
    }
    this.#append(data, start, Math.max(start, one - 2));
    this.#emitPending();
  }

  #open(position: number): void {
    this.#state = "inside";
    this.#foundStartCode = true;
    this.#nalPosition = position;
    this.#firstByteAt = this.#chunkAt;
    this.#lastByteAt = this.#chunkAt;
    this.#pendingLength = 0;
    this.#pendingZeros = 0;
    this.#guessedLength = 0;
    this.#begun = false;
  }

  #keep(data: Uint8Array, start: number): void {
    if (this.#state === "seeking") this.#skip(data, start, data.length);
    else this.#append(data, start, data.length);
  }

  #append(data: Uint8Array, start: number, end: number): void {
    const content = lengthWithoutTrailingZeros(data, start, end);
    if (content === 0) {
      this.#pendingZeros += end - start;
      return;
    }
    const offset = this.#pendingLength + this.#pendingZeros;
    const length = offset + content;
    if (length > this.#maxNalUnitBytes) {
      this.#tooLong();
      return;
    }
    if (offset === 0) this.#firstByteAt = this.#chunkAt;
    const bytes = data.subarray(start, start + content);
    if (offset === 0) {
      this.#pending = bytes;
    } else {
      this.#gather(length);
      this.#pending.fill(0, this.#pendingLength, offset);
      this.#pending.set(bytes, offset);
    }
    this.#pendingLength = length;
    this.#pendingZeros = end - start - content;
    this.#lastByteAt = this.#chunkAt;
  }

  /** Moves the pending bytes to `#buffer`, with room for `length` bytes. */
  #gather(length: number): void {
    const pending = this.#pending;
    const isAll = pending.length === this.#pendingLength;
    const held = isAll ? pending : pending.subarray(0, this.#pendingLength);
    if (length > this.#buffer.length) {
      const capacity = Math.max(length, this.#buffer.length * 2, smallestBuffer);
      this.#buffer = new Uint8Array(Math.min(capacity, this.#maxNalUnitBytes));
    } else if (this.#pending === this.#buffer) {
      return;
    }
    this.#buffer.set(held);
    this.#pending = this.#buffer;
  }

  #tooLong(): void {
    this.#issues.report("nal-unit-too-long", `a NAL unit is longer than ${this.#maxNalUnitBytes} bytes`);
    this.#seek();
  }

  #seek(): void {
    this.#state = "seeking";
    this.#pendingLength = 0;
    this.#pendingZeros = 0;
    this.#guessedLength = 0;
  }

  /** leading_zero_8bits may precede the first start code (B.1.1); anything else is not H.264. */
  #skip(data: Uint8Array, start: number, end: number): void {
    if (this.#foundStartCode) return;
    const length = lengthWithoutTrailingZeros(data, start, end);
    if (length === 0) return;
    this.#skipped += length;
    this.#issues.report("bytes-before-start-code", `${this.#skipped} bytes came before the first start code`);
  }

  #countZeros(data: Uint8Array): void {
    const before = this.#zeros;
    const length = data.length;
    if (length === 0) return;
    if (data[length - 1] !== 0) this.#zeros = 0;
    else if (length === 1) this.#zeros = Math.min(2, before + 1);
    else this.#zeros = data[length - 2] === 0 ? 2 : 1;
  }

  #announce(): void {
    if (this.#state !== "inside" || this.#begun || this.#pendingLength === 0 || this.#guessedLength > 0)
      return;
    const type = this.#pending[0]! & 31;
    if (isSlice(type) && this.#pendingLength < slicePrefixBytes) return;
    this.#begun = true;
    const prefix = this.#pending.subarray(0, Math.min(this.#pendingLength, slicePrefixBytes));
    this.#sink.begin(this.#nalUnit(prefix, false));
  }

  #emitPending(guessed = false): void {
    if (this.#pendingLength > this.#guessedLength) {
      const pending = this.#pending;
      const isAll = pending.length === this.#pendingLength;
      this.#emit(isAll ? pending : pending.subarray(0, this.#pendingLength), guessed);
    }
  }

  #emit(data: Uint8Array, guessed = false): void {
    this.#lastNalEnd = this.#nalPosition + data.length;
    this.#sink.push(this.#nalUnit(data, guessed));
  }

  #nalUnit(data: Uint8Array, guessed: boolean): ReceivedNalUnit {
    const header = data[0]!;
    return {
      type: header & 31,
      refIdc: (header >> 5) & 3,
      data,
      position: this.#nalPosition,
      firstByteAt: this.#firstByteAt,
      lastByteAt: this.#lastByteAt,
      continued: this.#guessedLength > 0,
      guessed,
    };
  }
}

/**
 * Index of the 0x01 of the next `00 00 01` whose 0x01 is at `from` or later; -1 if there is none.
 * Looks at every third byte: 3 GB/s in plain JavaScript.
 */
function indexOfStartCode(data: Uint8Array, from: number): number {
  const { length } = data;
  let i = from;
  while (i < length) {
    const byte = data[i]!;
    if (byte > 1) i += 3;
    else if (byte === 0) i++;
    else if (data[i - 1] === 0 && data[i - 2] === 0) return i;
    else i += 3;
  }
  return -1;
}

/** A NAL unit ends before trailing_zero_8bits and the zero_byte of the next start code (B.1.1). */
function lengthWithoutTrailingZeros(data: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && data[last - 1] === 0) last--;
  return last - start;
}

import { joinBytes } from "../core/bytes.js";
import { ascii, box, fullBox, u32, u64, zeros } from "./mp4-box.js";
import { contentOf, type FragmentSample } from "./mp4-reader.js";

/** Ticks per second of the samples' times, and of the whole file's. */
const sampleTimescale = 90_000;
const movieTimescale = 1000;
/** Entries of a table that are made at a time. */
const entriesAtATime = 16_384;

/** Where each sample of a file lies and when it is shown: what `indexedMovie` writes. */
export class SampleIndex {
  #count = 0;
  #sizes = new Uint32Array(1024);
  #positions = new Float64Array(1024);
  /** Sample numbers, from 1. */
  readonly #syncSamples: number[] = [];
  readonly #durations = new Runs();
  readonly #offsets = new Runs();
  #last: FragmentSample | undefined;
  #firstShownAt = Number.POSITIVE_INFINITY;
  #lastEndsAt = 0;

  get length(): number {
    return this.#count;
  }

  /** @param position of its first byte in the file */
  add(sample: FragmentSample, position: number): void {
    if (this.#count === this.#sizes.length) this.#grow();
    this.#sizes[this.#count] = sample.size;
    this.#positions[this.#count] = position;
    this.#count++;
    // A file begins at a random access point, even where it is none for a reader of the track.
    if (sample.isSync || this.#count === 1) this.#syncSamples.push(this.#count);
    // A sample lasts until the next is decoded, however long a pause.
    if (this.#last) this.#durations.add(Math.max(1, sample.decodeAt - this.#last.decodeAt));
    this.#last = sample;
    this.#offsets.add(sample.offset);
    const shownAt = sample.decodeAt + sample.offset;
    this.#firstShownAt = Math.min(this.#firstShownAt, shownAt);
    this.#lastEndsAt = Math.max(this.#lastEndsAt, shownAt + sample.duration);
  }

  /** Ticks from the first picture that is shown to the end of the last. */
  get shownFor(): number {
    return this.#count === 0 ? 0 : this.#lastEndsAt - this.#firstShownAt;
  }

  /** When the first picture is shown, ticks after the first sample is decoded. */
  get firstShownAt(): number {
    return this.#count === 0 ? 0 : this.#firstShownAt;
  }

  /** Ticks from the first sample to the end of the last. */
  get decodedFor(): number {
    return this.#durations.sum + (this.#last?.duration ?? 0);
  }

  /** The tables (8.6.1.2, 8.6.1.3, 8.6.2, 8.7.3, 8.7.4, 8.7.5). */
  tables(): Part[] {
    const durations = this.#durations.with(this.#last?.duration ?? 0);
    const isLong = this.#count > 0 && this.#positions[this.#count - 1]! >= 2 ** 32;
    const list = (
      type: string,
      head: readonly number[],
      size: 4 | 8,
      numbers: ArrayLike<number>,
      count: number,
    ) => part(type, head.map(u32), { size, numbers, count });
    return [
      list("stts", [0, durations.length / 2], 4, durations, durations.length),
      list("ctts", [0x100_0000, this.#offsets.length / 2], 4, this.#offsets.entries, this.#offsets.length),
      list("stss", [0, this.#syncSamples.length], 4, this.#syncSamples, this.#syncSamples.length),
      part("stsc", [0, 1, 1, 1, 1].map(u32)),
      list("stsz", [0, 0, this.#count], 4, this.#sizes, this.#count),
      list(isLong ? "co64" : "stco", [0, this.#count], isLong ? 8 : 4, this.#positions, this.#count),
    ];
  }

  #grow(): void {
    const sizes = new Uint32Array(this.#count * 2);
    sizes.set(this.#sizes);
    this.#sizes = sizes;
    const positions = new Float64Array(this.#count * 2);
    positions.set(this.#positions);
    this.#positions = positions;
  }
}

/** Numbers as runs of equal ones: count and number by turns. */
class Runs {
  readonly entries: number[] = [];
  sum = 0;

  get length(): number {
    return this.entries.length;
  }

  add(number: number): void {
    const { entries } = this;
    this.sum += number;
    if (entries.at(-1) === number && entries.length > 0) entries[entries.length - 2]!++;
    else entries.push(1, number);
  }

  /** The entries with one more number. */
  with(number: number): readonly number[] {
    const { entries } = this;
    if (entries.at(-1) !== number) return [...entries, 1, number];
    return [...entries.slice(0, -2), entries.at(-2)! + 1, number];
  }
}

/** A box whose bytes are made piece by piece. */
interface Part {
  readonly length: number;
  readonly pieces: () => Iterable<Uint8Array>;
}

interface Table {
  readonly size: 4 | 8;
  readonly numbers: ArrayLike<number>;
  readonly count: number;
}

/** A box of some bytes or boxes, and a table after them. */
function part(type: string, inner: readonly (Uint8Array | Part)[], table?: Table): Part {
  const tableBytes = table ? table.count * table.size : 0;
  const length = inner.reduce((sum, each) => sum + each.length, 8 + tableBytes);
  return {
    length,
    *pieces() {
      yield joinBytes([u32(length), ascii(type)]);
      for (const each of inner) {
        if (each instanceof Uint8Array) yield each;
        else yield* each.pieces();
      }
      if (table) yield* tablePieces(table);
    },
  };
}

function* tablePieces({ size, numbers, count }: Table): Iterable<Uint8Array> {
  for (let from = 0; from < count; from += entriesAtATime) {
    const entries = Math.min(entriesAtATime, count - from);
    const bytes = new Uint8Array(entries * size);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < entries; index++) {
      const number = numbers[from + index]!;
      if (size === 8) view.setUint32(index * 8, Math.floor(number / 2 ** 32));
      view.setUint32(index * size + size - 4, number);
    }
    yield bytes;
  }
}

/**
 * The `moov` box of a complete file, with the tables that a reader needs to seek.
 *
 * @param moov the `moov` box that `FragmentedMp4` wrote; what it says of the track stays
 * @returns pieces of the box, to be written one after the other; they do not hold up a thread
 * @throws Error if `moov` is not of `FragmentedMp4`
 */
export function indexedMovie(moov: Uint8Array, index: SampleIndex): Iterable<Uint8Array> {
  const media = ["trak", "mdia"];
  const tkhd = copyOf(moov, "trak", "tkhd");
  const mvhd = copyOf(moov, "mvhd");
  const mdhd = copyOf(moov, ...media, "mdhd");
  const [hdlr, vmhd, dinf, stsd] = [
    copyOf(moov, ...media, "hdlr"),
    copyOf(moov, ...media, "minf", "vmhd"),
    copyOf(moov, ...media, "minf", "dinf"),
    copyOf(moov, ...media, "minf", "stbl", "stsd"),
  ];
  const shownMs = u32(Math.round((index.shownFor * movieTimescale) / sampleTimescale));
  mvhd.set(u32(movieTimescale), 20);
  mvhd.set(shownMs, 24);
  tkhd.set(shownMs, 28);
  // Version 1: 32 bits end after 13 hours.
  const language = mdhd.subarray(28, 32);
  const times = [zeros(16), u32(sampleTimescale), u64(index.decodedFor), language];
  // The file begins with the first picture that is shown (8.6.6).
  const edit = fullBox("elst", 0, 0, u32(1), shownMs, u32(index.firstShownAt), u32(0x1_0000));
  const stbl = part("stbl", [stsd, ...index.tables()]);
  const minf = part("minf", [vmhd, dinf, stbl]);
  const mdia = part("mdia", [fullBox("mdhd", 1, 0, ...times), hdlr, minf]);
  return part("moov", [mvhd, part("trak", [tkhd, box("edts", edit), mdia])]).pieces();
}

/** A copy of a whole box inside `moov`. */
function copyOf(moov: Uint8Array, ...path: readonly string[]): Uint8Array {
  const content = contentOf(moov, ...path);
  if (!content) throw new Error(`The moov box has no ${path.join("/")}: expected what FragmentedMp4 writes`);
  return box(path.at(-1)!, content);
}

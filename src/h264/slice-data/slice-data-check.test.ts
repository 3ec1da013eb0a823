import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../../../test/support/bytes.js";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import {
  parameterSets,
  type SliceSyntax,
  type StreamSyntax,
  sliceHeader,
  sliceNal,
} from "../../../test/support/h264/coded-picture.js";
import { nalUnit } from "../../../test/support/h264/h264-syntax.js";
import { randomPictures } from "../../../test/support/h264/slice-data/random-slice.js";
import { streamOfFormat } from "../../../test/support/h264/slice-data/slice-format.js";
import { Random } from "../../../test/support/random.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { SliceDataCheck } from "./slice-data-check.js";

/** Checks pictures of this stream, one after the other. */
function checkOf(stream: StreamSyntax, { readsCavlc = true } = {}) {
  const sets = setsOf(stream);
  const check = new SliceDataCheck(readsCavlc);
  return (...nals: readonly Uint8Array[]) => check.findsDamage(concat(...nals), rangesOf(nals), sets);
}

/** The lengths without tails of the NAL units in pictures of this stream. */
function lengthsIn(stream: StreamSyntax) {
  const sets = setsOf(stream);
  const check = new SliceDataCheck(false);
  return (...nals: readonly Uint8Array[]) => check.lengthsWithoutTails(concat(...nals), rangesOf(nals), sets);
}

function setsOf(stream: StreamSyntax): ParameterSets {
  const sets = new ParameterSets();
  for (const nal of parameterSets(stream)) sets.put(nalUnit(nal));
  return sets;
}

function rangesOf(nals: readonly Uint8Array[]) {
  let offset = 0;
  return nals.map((nal) => {
    const { type, refIdc } = nalUnit(nal);
    offset += nal.length;
    return { type, refIdc, offset: offset - nal.length, length: nal.length };
  });
}

const small = { sps: { widthInMbs: 4, heightInMapUnits: 4 } };
/** A P slice of skipped macroblocks, coded with CAVLC. */
function skipped(count: number, slice: SliceSyntax = {}, stream: StreamSyntax = small): Uint8Array {
  const { nalHeader, writer } = sliceHeader(slice, stream);
  return writer.ue(count).trailing().nal(nalHeader);
}

const formats = (["CABAC", "CAVLC"] as const).flatMap((entropy) =>
  (["frame", "field", "mbaff"] as const).flatMap((structure) =>
    [0, 1, 2, 3].map((chromaFormatIdc) => [entropy, structure, chromaFormatIdc] as const),
  ),
);

describe("SliceDataCheck", () => {
  it.each(formats)(
    "finds whole pictures whole, and misses no slice: %s, %s, chroma_format_idc %d",
    (entropy, structure, chromaFormatIdc) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const { format, pictures } = randomPictures(new Random(seed), {
            entropy,
            structure,
            chromaFormatIdc,
          });
          const findsDamage = checkOf(streamOfFormat(format));
          for (const slices of pictures) {
            const nals = slices.map(({ nal }) => nal);
            expect(findsDamage(...nals)).toBe(false);
            for (const lost of nals) expect(findsDamage(...nals.filter((nal) => nal !== lost))).toBe(true);
            expect(findsDamage(...nals.slice().reverse())).toBe(true);
          }
        }),
        { numRuns: 12 },
      );
    },
  );

  it.each(["CABAC", "CAVLC"] as const)(
    "finds a picture without its last bytes, or with foreign ones after them, damaged: %s",
    (entropy) => {
      fc.assert(
        fc.property(
          fc.nat(),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 255 }),
          (seed, missing, extra) => {
            const wish = { entropy, structure: "frame", chromaFormatIdc: 1 } as const;
            const { format, pictures } = randomPictures(new Random(seed), wish);
            const findsDamage = checkOf(streamOfFormat(format));
            const [first, last] = pictures[0]!.map(({ nal }) => nal);
            fc.pre(last!.length > missing + 8);
            expect(findsDamage(first!, last!.subarray(0, -missing))).toBe(true);
            expect(findsDamage(first!, Uint8Array.from([...last!, extra]))).toBe(true);
          },
        ),
        { numRuns: 150, seed: 3 },
      );
    },
  );

  it("7.3.2.10: cabac_zero_words and other zeros may follow a slice", () => {
    const wish = { entropy: "CABAC", structure: "frame", chromaFormatIdc: 1 } as const;
    const { format, pictures } = randomPictures(new Random(5), wish);
    const nals = pictures[0]!.map(({ nal }) => Uint8Array.from([...nal, 0, 0, 3, 0, 0, 3]));
    expect(checkOf(streamOfFormat(format))(...nals)).toBe(false);
    expect(checkOf(small)(Uint8Array.from([...skipped(16), 0, 0, 0]))).toBe(false);
  });

  it("7.4.1: reads over emulation prevention bytes, and takes none for data", () => {
    // An I_PCM macroblock of zeros, ones, twos and threes, then P_Skip.
    const { nalHeader, writer } = sliceHeader({}, small);
    writer.ue(0, 30).alignWithZeros();
    for (let sample = 0; sample < 384; sample++) writer.u(8, [0, 0, 0, 1, 0, 0, 2, 0, 0, 3][sample % 10]!);
    const nal = writer.ue(15).trailing().nal(nalHeader);
    expect(nal.length).toBeGreaterThan(450);
    const findsDamage = checkOf(small);
    expect(findsDamage(nal)).toBe(false);
    // Without the one before a 3, or with another 3 where none prevents anything, bytes are
    // foreign.
    const first = nal.findIndex((_, index) => nal.slice(index - 2, index + 2).join() === "0,0,3,3");
    expect(findsDamage(Uint8Array.from([...nal.subarray(0, first), ...nal.subarray(first + 1)]))).toBe(true);
    expect(findsDamage(Uint8Array.from([...nal.subarray(0, -2), 3, ...nal.subarray(-2)]))).toBe(true);
  });

  it("7.4.3: the slices cover all macroblocks, each one once", () => {
    const findsDamage = checkOf(small);
    const slice = (first: number, count: number) => skipped(count, { firstMbInSlice: first });
    expect(findsDamage(slice(0, 5), slice(5, 11))).toBe(false);
    expect(findsDamage(slice(0, 5), slice(6, 10))).toBe(true);
    expect(findsDamage(slice(0, 5), slice(4, 12))).toBe(true);
    expect(findsDamage(slice(0, 5), slice(5, 10))).toBe(true);
    expect(findsDamage(slice(1, 15))).toBe(true);
    expect(findsDamage(slice(0, 5), slice(0, 5), slice(5, 11))).toBe(true);
  });

  it("7.3.2.8: looks at slices of IDR pictures and others, and at no other NAL units", () => {
    const findsDamage = checkOf(small);
    const others = [
      Uint8Array.of(0x09, 0xf0),
      Uint8Array.of(0x06, 5, 1, 0, 0x80),
      Uint8Array.of(0x0c, 0xff, 0x80),
    ];
    expect(findsDamage(others[0]!, others[1]!, skipped(16), others[2]!)).toBe(false);
    expect(findsDamage(skipped(16, { idr: true, type: "P" }))).toBe(false);
    expect(findsDamage(skipped(15, { idr: true, type: "P" }))).toBe(true);
    // An auxiliary slice (nal_unit_type 19) is none of the primary coded picture.
    expect(findsDamage(skipped(16), skipped(3, { nalUnitType: 19 }))).toBe(false);
    // Nothing to read is no damage.
    expect(findsDamage(...others)).toBe(false);
  });

  it("7.4.3: leaves out slices of redundant coded pictures", () => {
    const stream = { ...small, pps: { redundantPicCnt: true } };
    const findsDamage = checkOf(stream);
    const redundant = skipped(3, { redundantPicCnt: 1 }, stream);
    expect(findsDamage(skipped(16, {}, stream), redundant)).toBe(false);
    expect(findsDamage(skipped(15, {}, stream), redundant)).toBe(true);
  });

  it("7.3.3: a slice header that cannot be read is damage", () => {
    const findsDamage = checkOf(small);
    expect(findsDamage(Uint8Array.of(0x41))).toBe(true);
    expect(findsDamage(skipped(16, { firstMbInSlice: 16 }))).toBe(true);
    expect(findsDamage(skipped(16, { ppsId: 3 }))).toBe(true);
  });

  it("what it cannot read is no damage: slice groups, and CAVLC where the decoder reports that itself", () => {
    const groups = { ...small, pps: { sliceGroups: (writer: BitWriter) => void writer.ue(1, 0, 0, 0) } };
    expect(checkOf(groups)(skipped(3, {}, groups))).toBe(false);
    expect(checkOf(small)(sliceNal({ type: "SI" }, small))).toBe(false);
    expect(checkOf(small, { readsCavlc: false })(skipped(3))).toBe(false);
    const cabac = { ...small, pps: { cabac: true } };
    expect(checkOf(cabac, { readsCavlc: false })(sliceNal({}, cabac))).toBe(true);
  });

  it("7.3.3: the second field of a frame is a picture of half the height", () => {
    const stream = { sps: { widthInMbs: 4, heightInMapUnits: 4, frameMbsOnly: false } };
    const findsDamage = checkOf(stream);
    expect(findsDamage(skipped(16, { field: "top" }, stream))).toBe(false);
    expect(findsDamage(skipped(16, { field: "bottom" }, stream))).toBe(false);
    expect(findsDamage(skipped(32, {}, stream))).toBe(false);
    expect(findsDamage(skipped(16, {}, stream))).toBe(true);
  });

  it("reads slices longer than any before, and shorter ones after them", () => {
    const pcm = (count: number) => {
      const { nalHeader, writer } = sliceHeader({ type: "I" }, small);
      for (let index = 0; index < count; index++) {
        writer.ue(25).alignWithZeros();
        for (let sample = 0; sample < 384; sample++) writer.u(8, 0xaa);
      }
      return writer.trailing().nal(nalHeader);
    };
    const large = { sps: { widthInMbs: 16, heightInMapUnits: 16 } };
    const { nalHeader, writer } = sliceHeader({ type: "I" }, large);
    for (let index = 0; index < 256; index++) {
      writer.ue(25).alignWithZeros();
      for (let sample = 0; sample < 384; sample++) writer.u(8, 0xaa);
    }
    const long = writer.trailing().nal(nalHeader);
    expect(long.length).toBeGreaterThan(64 * 1024);
    const findsDamage = checkOf(large);
    expect(findsDamage(skipped(256, {}, large))).toBe(false);
    expect(findsDamage(long)).toBe(false);
    expect(findsDamage(long.subarray(0, -1))).toBe(true);
    // What is left of a long slice is no data of a short one.
    expect(findsDamage(skipped(255, {}, large))).toBe(true);
    expect(findsDamage(skipped(256, {}, large))).toBe(false);
    expect(checkOf(small)(pcm(16))).toBe(false);
  });
});

describe("SliceDataCheck.lengthsWithoutTails", () => {
  it.each(formats)(
    "counts no bytes after the end of a slice: %s, %s, chroma_format_idc %d",
    (entropy, structure, chromaFormatIdc) => {
      const tails = fc.array(fc.uint8Array({ maxLength: 12 }), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(fc.nat(), tails, (seed, after) => {
          const { format, pictures } = randomPictures(new Random(seed), {
            entropy,
            structure,
            chromaFormatIdc,
          });
          const lengthsOf = lengthsIn(streamOfFormat(format));
          for (const slices of pictures) {
            const nals = slices.map(({ nal }) => nal);
            const lengths = nals.map(({ length }) => length);
            // The parser has taken zeros away.
            const tailed = nals.map((nal, index) =>
              concat(nal, after[index % after.length]!, Uint8Array.of(7)),
            );
            expect(lengthsOf(...tailed)).toEqual(lengths);
            expect(lengthsOf(...nals)).toEqual(lengths);
            for (const lost of nals) expect(lengthsOf(...nals.filter((nal) => nal !== lost))).toBeUndefined();
          }
        }),
        { numRuns: 6 },
      );
    },
  );

  it.each(["CABAC", "CAVLC"] as const)("has none for a slice that lacks its last bytes: %s", (entropy) => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), (seed, missing) => {
        const wish = { entropy, structure: "frame", chromaFormatIdc: 1 } as const;
        const { format, pictures } = randomPictures(new Random(seed), wish);
        const lengthsOf = lengthsIn(streamOfFormat(format));
        const nals = pictures[0]!.map(({ nal }) => nal);
        const last = nals.at(-1)!;
        fc.pre(last.length > missing + 8);
        expect(lengthsOf(...nals.slice(0, -1), last.slice(0, -missing))).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});

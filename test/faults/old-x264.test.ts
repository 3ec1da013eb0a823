import { afterEach, describe, expect, it } from "vitest";
import type { AccessUnit } from "../../dist/h264/access-unit.js";
import { CabacDecoder } from "../../dist/h264/slice-data/cabac-decoder.js";
import { CabacSliceData } from "../../dist/h264/slice-data/cabac-slice-data.js";
import { Macroblocks } from "../../dist/h264/slice-data/macroblocks.js";
import { Damage } from "../../dist/h264/slice-data/slice-data.js";
import { SliceDataCheck } from "../../dist/h264/slice-data/slice-data-check.js";
import { ParameterSets } from "../../dist/h264/syntax/parameter-sets.js";
import { removeEmulationPrevention } from "../../dist/h264/syntax/rbsp-reader.js";
import { RbspWriter } from "../../dist/h264/syntax/rbsp-writer.js";
import { parseSliceHeader, type SliceHeader } from "../../dist/h264/syntax/slice-header.js";
import { clip } from "../../tools/faults/clips/clips.mjs";
import { decodeReference } from "../../tools/faults/clips/reference.mjs";
import { annexB } from "../support/bytes.js";
import { CabacEncoder } from "../support/h264/slice-data/cabac-encoder.js";

type Bin = {
  readonly kind: "decision" | "bypass" | "terminate";
  readonly context: number;
  readonly bin: number;
};

const engine = CabacDecoder.prototype;
const { start, decision, bypass, terminate } = engine;
afterEach(() => Object.assign(engine, { start, decision, bypass, terminate }));

/** A reader at the start of a picture. */
function readerOf({ sps }: SliceHeader): CabacSliceData {
  const macroblocks = new Macroblocks();
  macroblocks.start(sps.picWidthInMbs, sps.frameHeightInMbs);
  return new CabacSliceData(macroblocks);
}

/** What is read of a slice, bin by bin. */
function binsOf(header: SliceHeader, rbsp: Uint8Array, length: number): Bin[] {
  const bins: Bin[] = [];
  const note = <Value extends number>(kind: Bin["kind"], context: number, bin: Value): Value => {
    bins.push({ kind, context, bin });
    return bin;
  };
  engine.decision = function (context) {
    return note("decision", context, decision.call(this, context));
  };
  engine.bypass = function () {
    return note("bypass", 0, bypass.call(this));
  };
  engine.terminate = function () {
    return note("terminate", 0, terminate.call(this));
  };
  const reader = readerOf(header);
  expect(reader.read(header, rbsp, length)).toBeDefined();
  Object.assign(engine, { decision, bypass, terminate });
  return bins;
}

/**
 * The same bins with the contexts of the other rule: what is read a second time, after the first
 * one has failed.
 */
function withOldContexts(bins: readonly Bin[], header: SliceHeader, rbsp: Uint8Array, length: number): Bin[] {
  const others: Bin[] = [];
  let attempts = 0;
  const next = (kind: Bin["kind"], context: number) => {
    if (attempts === 1) throw new Damage();
    const { kind: expected, bin } = bins[others.length]!;
    if (kind !== expected) throw new Error(`bin ${others.length}: expected ${expected}, came ${kind}`);
    others.push({ kind, context, bin });
    return bin;
  };
  engine.start = function (...parameters) {
    attempts++;
    start.apply(this, parameters);
  };
  engine.decision = (context) => next("decision", context);
  engine.bypass = () => next("bypass", 0);
  engine.terminate = () => next("terminate", 0) as 0 | 1;
  const reader = readerOf(header);
  reader.read(header, rbsp, length);
  Object.assign(engine, { start, decision, bypass, terminate });
  expect(others).toHaveLength(bins.length);
  return others;
}

/** The slice, coded with the contexts that these bins have. */
function slice(header: SliceHeader, nalHeader: number, rbsp: Uint8Array, bins: readonly Bin[]): Uint8Array {
  const { pps, sliceType, sliceQpDelta, cabacInitIdc, dataBitOffset } = header;
  const encoder = new CabacEncoder(
    sliceType === "I" ? undefined : cabacInitIdc,
    26 + pps.picInitQpMinus26 + sliceQpDelta,
  );
  for (const { kind, context, bin } of bins) {
    if (kind === "decision") encoder.decision(context, bin);
    else encoder[kind](bin);
  }
  const writer = new RbspWriter().copy(rbsp, dataBitOffset);
  for (let bit = dataBitOffset; bit % 8 !== 0; bit++) writer.flags(true);
  for (const bit of encoder.bits) writer.u(1, bit);
  return writer.nalUnit(nalHeader);
}

/**
 * The NAL units of the access units. Their slices are coded again, as they are or by the old rule.
 */
function recoded(units: readonly AccessUnit[], rule: "as it is" | "old"): Uint8Array[][] {
  const sets = new ParameterSets();
  return units.map(({ data, nalUnits }) =>
    nalUnits.map(({ type, refIdc, offset, length }) => {
      const nal = { type, refIdc, data: data.subarray(offset, offset + length) };
      if (type === 7 || type === 8) sets.put(nal);
      if (type === 6 && rule === "old")
        return Buffer.from(
          Buffer.from(nal.data)
            .toString("latin1")
            .replace(/core \d+/, "core 150"),
          "latin1",
        );
      if (type !== 1 && type !== 5) return nal.data;
      const header = parseSliceHeader(nal, sets);
      const bytes = removeEmulationPrevention(nal.data);
      const rbsp = new Uint8Array(bytes.length + 4096);
      rbsp.set(bytes);
      const bins = binsOf(header, rbsp, bytes.length);
      const written = rule === "old" ? withOldContexts(bins, header, rbsp, bytes.length) : bins;
      return slice(header, nal.data[0]!, rbsp, written);
    }),
  );
}

/**
 * How many pictures are found to lack bytes when `missing` bytes are cut off the end of each slice.
 */
function damaged(pictures: readonly Uint8Array[][], missing: number): number {
  const sets = new ParameterSets();
  const check = new SliceDataCheck(true);
  return pictures.filter((nals) => {
    let offset = 0;
    const parts = nals.map((nal, index) => {
      const isSlice = index === nals.length - 1;
      const bytes = isSlice ? nal.subarray(0, nal.length - missing) : nal;
      const range = { type: nal[0]! & 31, refIdc: (nal[0]! >> 5) & 3, offset, length: bytes.length };
      offset += bytes.length;
      if (range.type === 7 || range.type === 8) sets.put({ ...range, data: bytes });
      return { bytes, range };
    });
    const data = Buffer.concat(parts.map(({ bytes }) => bytes));
    return check.findsDamage(
      data,
      parts.map(({ range }) => range),
      sets,
    );
  }).length;
}

// FFmpeg follows the rule where the SEI message says so. Here it says whether the rule is
// understood.
describe("4:4:4 with 8x8 transform of x264 before build 151, which counts 4x4 blocks beside an 8x8 block as if they were outside the slice:", () => {
  const { pictures } = clip("grain-444");
  const units = pictures.map(({ unit }) => unit);
  const digests = pictures.map(({ digest }) => digest);
  const asItIs = recoded(units, "as it is");
  const decoded = (nals: readonly Uint8Array[][]) =>
    decodeReference(nals.map((each) => annexB(...each))).digests;

  it("a slice coded anew decodes to the same picture", () => {
    expect(decoded(asItIs)).toEqual(digests);
  });

  it("its slices decode to the same pictures, are whole, and are not when bytes are missing", () => {
    const old = recoded(units, "old");
    const different = old.filter(
      (nals, at) => !Buffer.from(nals.at(-1)!).equals(Buffer.from(asItIs[at]!.at(-1)!)),
    );
    expect(different.length).toBeGreaterThan(units.length / 2);
    expect(decoded(old)).toEqual(digests);
    expect(damaged(old, 0)).toBe(0);
    for (const missing of [1, 2, 5, 13]) expect(damaged(old, missing)).toBe(units.length);
  });
});

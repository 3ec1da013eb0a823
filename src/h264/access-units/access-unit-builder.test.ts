import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recoveryPointSei, type SliceSyntax, sliceNal } from "../../../test/support/h264/coded-picture.js";
import { nalUnit, ppsNal, type SpsSyntax, spsNal, timing } from "../../../test/support/h264/h264-syntax.js";
import { microseconds } from "../../core/time.js";
import { joinAnnexB } from "../annex-b.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { parseSliceHeader } from "../syntax/slice-header.js";
import { AccessUnitBuilder, type AccessUnitContext } from "./access-unit-builder.js";
import { AccessUnitMemory } from "./access-unit-memory.js";
import type { ReceivedNalUnit } from "./annex-b-parser.js";
import { CodedSlices } from "./coded-slices.js";
import { PictureTracker } from "./picture-tracker.js";

const context: AccessUnitContext = {
  epoch: 0,
  sequence: 7,
  parameterSets: new Uint8Array(),
  completeAt: microseconds(99),
  endedBy: "next",
  corrects: false,
  broken: false,
  discontinuity: false,
};

/** A NAL unit as the parser gives it out: received at `position` and finished a moment later. */
function received(data: Uint8Array, position = 0): ReceivedNalUnit {
  const firstByteAt = microseconds(position);
  const lastByteAt = microseconds(position + data.length);
  return { ...nalUnit(data), position, firstByteAt, lastByteAt, continued: false, guessed: false };
}

/** The slices of a picture whose first slice is this. */
function slicesOf(slice: SliceSyntax = {}, sps: SpsSyntax = {}): CodedSlices {
  const sets = new ParameterSets();
  for (const set of [spsNal(sps), ppsNal()]) sets.put(nalUnit(set));
  const header = parseSliceHeader(nalUnit(sliceNal(slice)), sets);
  return new CodedSlices(header, new PictureTracker().track(header, false));
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("add" as const), length: fc.nat(20_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("longer" as const), length: fc.nat(90_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("build" as const), length: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("next" as const), length: fc.constant(0) }) },
);

describe("AccessUnitBuilder", () => {
  it.each([
    ["copied", () => undefined],
    ["in memory", () => new AccessUnitMemory()],
    ["in memory with room for a header", () => new AccessUnitMemory(16)],
  ])(
    "(%s) gives out the NAL units after start codes, and writes to none that it gave out",
    (_where, make) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const memory = make();
          let builder = new AccessUnitBuilder(memory);
          let nals: Uint8Array[] = [];
          let value = 0;
          const bytes = (length: number) => new Uint8Array(length + 1).fill(++value);
          const givenOut: { readonly data: Uint8Array; readonly expected: Uint8Array }[] = [];
          for (const { kind, length } of steps) {
            if (kind === "next") {
              builder = new AccessUnitBuilder(memory, builder);
              nals = [];
            } else if (kind === "add" || nals.length === 0) {
              nals.push(bytes(length));
              builder.add(received(nals.at(-1)!));
            } else if (kind === "longer") {
              nals.push(bytes(nals.pop()!.length + length));
              builder.replaceLast(received(nals.at(-1)!));
            } else {
              const unit = builder.build(slicesOf(), context);
              const expected = joinAnnexB(nals);
              memory?.keep({}, unit.data);
              givenOut.push({ data: unit.data, expected });
              const parts = unit.nalUnits.map(({ offset, length }) =>
                unit.data.subarray(offset, offset + length),
              );
              expect(parts.every((part, index) => Buffer.compare(part, nals[index]!) === 0)).toBe(true);
            }
            expect(builder.nalUnitCount).toBe(nals.length);
            expect(builder.byteLength).toBe(nals.reduce((sum, nal) => sum + 4 + nal.length, 0));
          }
          for (const { data, expected } of givenOut) expect(Buffer.compare(data, expected)).toBe(0);
        }),
        { numRuns: 100 },
      );
    },
  );

  it("leaves room for a header before the bytes", () => {
    const memory = new AccessUnitMemory(16);
    const builder = new AccessUnitBuilder(memory);
    builder.add(received(sliceNal()));
    const { data } = builder.build(slicesOf(), context);
    expect(data.byteOffset).toBeGreaterThanOrEqual(16);
  });

  it("dates the access unit by its first and its last byte, and places it by its first", () => {
    const builder = new AccessUnitBuilder(undefined);
    const [first, last] = [sliceNal(), sliceNal({ firstMbInSlice: 150 })];
    builder.add(received(first, 1000));
    builder.add(received(last, 2000));
    expect(builder.end).toBe(2000 + last.length);
    expect(builder.endsWithNalUnitAt(2000)).toBe(true);
    expect(builder.endsWithNalUnitAt(1000)).toBe(false);
    expect(builder.build(slicesOf(), context)).toMatchObject({
      position: 1000,
      firstByteAt: 1000,
      lastByteAt: 2000 + last.length,
      sequence: 7,
    });
  });

  it("knows a slice that came before, and one of which more has come", () => {
    const builder = new AccessUnitBuilder(undefined);
    const slice = sliceNal({ payload: 100 });
    const other = sliceNal({ firstMbInSlice: 150, payload: 100 });
    builder.add(received(slice));
    expect(builder.hasSlice(received(slice.slice()))).toBe(true);
    expect(builder.hasSlice(received(other))).toBe(false);
    const beginning = received(slice.subarray(0, 50));
    expect(builder.hasSlice(beginning)).toBe(false);
    expect(builder.hasSliceLike(beginning)).toBe(true);
    expect(builder.hasSliceLike(received(other.subarray(0, 50)))).toBe(false);
  });

  it.each<[string, SliceSyntax, number | undefined, string | undefined]>([
    ["an IDR picture", { idr: true }, undefined, "idr"],
    ["an IDR picture with a recovery point", { idr: true }, 0, "idr"],
    ["a recovery point (D.2.8)", {}, 5, "recovery-point"],
    ["a P picture", {}, undefined, undefined],
  ])("says what makes %s a random access point", (_what, slice, recoveryFrameCount, randomAccess) => {
    const builder = new AccessUnitBuilder(undefined);
    if (recoveryFrameCount !== undefined) builder.add(received(recoveryPointSei(recoveryFrameCount)));
    builder.recoveryFrameCount = recoveryFrameCount;
    builder.add(received(sliceNal(slice)));
    expect(builder.build(slicesOf(slice), context)).toMatchObject({
      randomAccess,
      recoveryFrameCount: recoveryFrameCount ?? 0,
    });
  });

  it("describes the format of the SPS, with the same object until it changes", () => {
    const slices = slicesOf({}, { maxNumRefFrames: 4, vui: timing(1, 50) });
    const first = new AccessUnitBuilder(undefined);
    first.add(received(sliceNal()));
    const { format } = first.build(slices, context);
    expect(format).toMatchObject({ width: 320, height: 240, pictureRate: 25, maxReferenceFrames: 4 });
    expect(format.maxFrameNum).toBe(16);
    const second = new AccessUnitBuilder(undefined, first);
    second.add(received(sliceNal()));
    expect(second.build(slices, context).format).toBe(format);
    expect(second.build(slicesOf({}, { widthInMbs: 10 }), context).format).toMatchObject({ width: 160 });
  });
});

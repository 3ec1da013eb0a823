import { describe, expect, it } from "vitest";
import { accessUnit } from "../../test/support/h264/access-units.js";
import { parameterSets, sliceNal } from "../../test/support/h264/coded-picture.js";
import { microseconds } from "../core/time.js";
import type { AccessUnit, CodedPicture } from "../h264/access-unit.js";
import { joinAnnexB } from "../h264/annex-b.js";
import { FragmentedMp4 } from "./fragmented-mp4.js";

const stream = { sps: { frameMbsOnly: false } };

/** An access unit of one slice, whose data tell it from the others. */
function picture(
  index: number,
  structure: CodedPicture["structure"],
  secondField = false,
  isIdr = false,
): AccessUnit {
  const nal = sliceNal({ idr: isIdr, payload: Uint8Array.of(index) }, stream);
  return accessUnit({
    sequence: index,
    data: joinAnnexB([nal]),
    nalUnits: [{ type: nal[0]! & 31, refIdc: 2, offset: 4, length: nal.length }],
    parameterSets: joinAnnexB(parameterSets(stream)),
    picture: { structure, secondField, idr: isIdr, pictureOrderCount: index },
    lastByteAt: microseconds(1_000_000 + index * 20_000),
  });
}

interface Box {
  readonly type: string;
  readonly body: Uint8Array;
}

/** The boxes that follow one another (ISO/IEC 14496-12, 4.2). */
function boxes(bytes: Uint8Array): Box[] {
  const found: Box[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
    expect(size).toBeGreaterThanOrEqual(8);
    expect(at + size).toBeLessThanOrEqual(bytes.length);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    found.push({ type, body: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return found;
}

const inside = (list: readonly Box[], type: string) => list.find((box) => box.type === type)!.body;
const u32At = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);

/**
 * Sequence numbers and samples of fragments, as a reader takes them: by the offset and size in
 * `trun`.
 */
function samplesOf(
  fragments: Uint8Array,
): { sequence: number; sample: Uint8Array; at: number; duration: number }[] {
  const list = boxes(fragments);
  expect(list.map(({ type }) => type).join()).toMatch(/^(moof,mdat,?)+$/);
  return list.flatMap(({ type, body }) => {
    if (type !== "moof") return [];
    const moof = boxes(body);
    const traf = boxes(inside(moof, "traf"));
    const [tfdt, trun] = [inside(traf, "tfdt"), inside(traf, "trun")];
    const start = body.byteOffset - fragments.byteOffset - 8 + u32At(trun, 8);
    return {
      sequence: u32At(inside(moof, "mfhd"), 4),
      sample: fragments.subarray(start, start + u32At(trun, 16)),
      at: u32At(tfdt, 8),
      duration: u32At(trun, 12),
    };
  });
}

/** An access unit as a sample has it: lengths in place of start codes (14496-15). */
function sampleOf(...units: readonly AccessUnit[]): number[] {
  return units.flatMap(({ data }) => [0, 0, 0, data.length - 4, ...data.subarray(4)]);
}

describe("FragmentedMp4", () => {
  it("writes one fragment per access unit, numbered from 1, each starting where the last one ends (8.8.12)", () => {
    const units = Array.from({ length: 20 }, (_, index) => picture(index, "frame", false, index === 0));
    const mp4 = new FragmentedMp4(units[0]!);
    expect(boxes(mp4.header).map(({ type }) => type)).toEqual(["ftyp", "moov"]);
    const made = units.flatMap((unit) => samplesOf(mp4.fragment(unit)!));
    expect(made.map(({ sequence }) => sequence)).toEqual(units.map((_, index) => index + 1));
    expect(made.map(({ sample }) => [...sample])).toEqual(units.map((unit) => sampleOf(unit)));
    const ends = made.map(({ at, duration }) => at + duration);
    expect(made.slice(1).map(({ at }) => at)).toEqual(ends.slice(0, -1));
  });

  it("writes the two fields of a frame as one sample", () => {
    const [top, bottom] = [picture(0, "top-field", false, true), picture(1, "bottom-field", true)];
    const mp4 = new FragmentedMp4(top);
    expect(mp4.fragment(top)).toBeUndefined();
    const made = samplesOf(mp4.fragment(bottom)!);
    expect(made.map(({ sample }) => [...sample])).toEqual([sampleOf(top, bottom)]);
  });

  it.each(["frame", "top-field"] as const)(
    "writes a field without a second one when a %s follows",
    (next) => {
      const units = [picture(0, "top-field", false, true), picture(1, next), picture(2, "frame")];
      const mp4 = new FragmentedMp4(units[0]!);
      const made = units.flatMap((unit) => {
        const fragments = mp4.fragment(unit);
        return fragments ? samplesOf(fragments) : [];
      });
      expect(made.map(({ sample }) => [...sample])).toEqual(units.map((unit) => sampleOf(unit)));
      expect(made.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    },
  );
});

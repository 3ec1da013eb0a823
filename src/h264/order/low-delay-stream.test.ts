import { describe, expect, it } from "vitest";
import { CollectingSink } from "../../../test/support/collecting-sink.js";
import { type AccessUnitSyntax, accessUnit } from "../../../test/support/h264/access-units.js";
import { ppsNal, restriction, spsNal } from "../../../test/support/h264/h264-syntax.js";
import type { Passing, PassingBytes } from "../../core/passing.js";
import type { AccessUnit } from "../access-unit.js";
import { splitAnnexB } from "../annex-b.js";
import { parseSequenceParameterSet } from "../syntax/sequence-parameter-set.js";
import { LowDelayStream } from "./low-delay-stream.js";

const annexB = (...nals: Uint8Array[]) => Uint8Array.from(nals.flatMap((nal) => [0, 0, 0, 1, ...nal]));
const slice = Uint8Array.of(0x65, 0x88, 0x80);
const sps = spsNal();
const pps = ppsNal();
const sets = annexB(sps, pps);

/** An IDR access unit with its parameter sets in it, or a P picture. */
function unit(pictureOrderCount: number, parts: AccessUnitSyntax = {}): AccessUnit {
  const { parameterSets = sets } = parts;
  const idr = pictureOrderCount === 0;
  const nals = idr ? [...splitAnnexB(parameterSets), slice] : [slice];
  let offset = 0;
  return accessUnit({
    data: annexB(...nals),
    nalUnits: nals.map((nal) => {
      const range = { type: nal[0]! & 31, refIdc: nal[0]! >> 5, offset: offset + 4, length: nal.length };
      offset += 4 + nal.length;
      return range;
    }),
    parameterSets,
    picture: { pictureOrderCount, idr },
    ...parts,
  });
}

function run(units: readonly Passing<AccessUnit>[]): Passing<AccessUnit>[] {
  const sink = new CollectingSink<Passing<AccessUnit>>();
  const stream = new LowDelayStream(sink);
  for (const each of units) stream.push(each);
  return sink.items;
}

const depthIn = (nal: PassingBytes) =>
  parseSequenceParameterSet(nal.slice()).vui?.bitstreamRestriction?.maxNumReorderFrames;
/** The reorder depth that the SPS in the access unit states, and the one before it. */
const depths = ({ data, nalUnits, parameterSets }: Passing<AccessUnit>) => {
  const own = nalUnits.find(({ type }) => type === 7);
  return {
    own: own && depthIn(data.subarray(own.offset, own.offset + own.length)),
    before: depthIn(splitAnnexB(parameterSets.slice())[0]!),
  };
};

const group = (step: number) => Array.from({ length: 40 }, (_, index) => unit(index * step));

describe("LowDelayStream", () => {
  it("states what the pictures proved, in both places, from the next random access point on", () => {
    const out = run([...group(2), ...group(2)]);
    expect(depths(out[0]!)).toEqual({ own: undefined, before: undefined });
    expect(depths(out[39]!)).toEqual({ own: undefined, before: undefined });
    expect(depths(out[40]!)).toEqual({ own: 0, before: 0 });
  });

  it("withdraws it at the random access point after a reordered picture", () => {
    const out = run([...group(2), ...group(2), unit(70), ...group(2)]);
    expect(depths(out[40]!).before).toBe(0);
    expect(depths(out[81]!)).toEqual({ own: undefined, before: undefined });
  });

  it("states how far pictures were reordered where the SPS denies it, from the next start on", () => {
    const counts = [0, 6, 2, 4, 12, 8, 10];
    const { format } = accessUnit({ format: { reorderDepth: 0 } });
    const parameterSets = annexB(spsNal({ vui: restriction(0, 1) }), pps);
    const units = [...counts, ...counts].map((count) => ({ ...unit(count, { parameterSets }), format }));
    const out = run(units);
    expect(depths(out[0]!)).toEqual({ own: 0, before: 0 });
    expect(depths(out[7]!)).toEqual({ own: 1, before: 1 });
    expect(out.map((each) => each.format.reorderDepth)).toEqual([...Array(7).fill(0), ...Array(7).fill(1)]);
    expect(new Set(out.slice(7).map((each) => each.format)).size).toBe(1);
  });

  it("starts learning again with another publisher", () => {
    const out = run([...group(2), unit(0), unit(0, { epoch: 1 })]);
    expect(depths(out[40]!).before).toBe(0);
    expect(depths(out[41]!).before).toBeUndefined();
  });

  it("changes nothing else, and `nalUnits` stays right", () => {
    const [first, ...rest] = run([...group(2), ...group(2)]).slice(40);
    const nals = first!.nalUnits.map(({ offset, length }) => [...first!.data.slice(offset, offset + length)]);
    expect(nals.slice(1)).toEqual([[...pps], [...slice]]);
    expect(first!.nalUnits.map(({ type }) => type)).toEqual([7, 8, 5]);
    expect([...first!.data.slice(0, 4)]).toEqual([0, 0, 0, 1]);
    for (const [index, out] of rest.entries()) expect(out.data).toEqual(unit((index + 1) * 2).data);
  });

  it("gives the same object for the same parameter sets", () => {
    const out = run([unit(0), unit(0), unit(0)]);
    expect(new Set(out.map(({ parameterSets }) => parameterSets)).size).toBe(1);
  });

  it("passes access units on as they are if nothing has to change", () => {
    const units = group(2);
    expect(run(units).slice(1)).toEqual(units.slice(1));
    expect(run(units)[1]).toBe(units[1]);
    expect(run([unit(0)])[0]!.data).toEqual(unit(0).data);
    const repaired = run([...units, unit(0)]).at(-1)!;
    expect(run([repaired])[0]).toBe(repaired);
  });

  it("leaves room before new data on request", () => {
    const sink = new CollectingSink<Passing<AccessUnit>>();
    const stream = new LowDelayStream(sink, 100);
    for (const each of [...group(2), unit(0)]) stream.push(each);
    const { data } = sink.items.at(-1)!;
    expect(depths(sink.items.at(-1)!).own).toBe(0);
    expect([data.byteOffset, data.buffer.byteLength]).toEqual([100, 100 + data.length]);
  });
});

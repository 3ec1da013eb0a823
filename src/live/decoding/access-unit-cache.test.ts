import { describe, expect, it } from "vitest";
import { type AccessUnitSyntax, accessUnit } from "../../../test/support/h264/access-units.js";
import { memoryOf } from "../../h264/access-unit.js";
import { AccessUnitCache } from "./access-unit-cache.js";

const idr = { picture: { idr: true } } as const;
const unit = (sequence: number, syntax: AccessUnitSyntax = {}) =>
  accessUnit({ sequence, data: new Uint8Array(10), ...syntax });
const sequences = (cache: AccessUnitCache) => cache.units.map(({ sequence }) => sequence);

describe("AccessUnitCache", () => {
  it("keeps the access units from the last IDR picture on", () => {
    const cache = new AccessUnitCache();
    for (let sequence = 0; sequence < 8; sequence++) cache.add(unit(sequence, sequence % 5 === 2 ? idr : {}));
    expect(sequences(cache)).toEqual([7]);
    cache.add(unit(8));
    expect(sequences(cache)).toEqual([7, 8]);
  });

  it("keeps nothing before the first random access point", () => {
    const cache = new AccessUnitCache();
    cache.add(unit(0));
    cache.add(unit(1));
    expect(sequences(cache)).toEqual([]);
  });

  it("restarts at a recovery point that is right at once, but not at one that takes several pictures", () => {
    const cache = new AccessUnitCache();
    cache.add(unit(0, idr));
    cache.add(unit(1, { randomAccess: "recovery-point", recoveryFrameCount: 5 }));
    expect(sequences(cache)).toEqual([0, 1]);
    cache.add(unit(2, { randomAccess: "recovery-point", recoveryFrameCount: 0 }));
    expect(sequences(cache)).toEqual([2]);
  });

  it("does not restart at a bare I picture: later pictures may refer to earlier ones", () => {
    const cache = new AccessUnitCache();
    cache.add(unit(0, idr));
    cache.add(unit(1, { picture: { type: "I" } }));
    expect(sequences(cache)).toEqual([0, 1]);
  });

  it("begins at any possible start when it is empty", () => {
    const cache = new AccessUnitCache();
    cache.add(unit(0));
    cache.add(unit(1, { picture: { type: "I" } }));
    cache.add(unit(2));
    expect(sequences(cache)).toEqual([1, 2]);
  });

  it("keeps both fields of an IDR picture", () => {
    const cache = new AccessUnitCache();
    cache.add(unit(0, { picture: { idr: true, structure: "top-field" } }));
    cache.add(unit(1, { picture: { idr: true, structure: "bottom-field", secondField: true } }));
    expect(sequences(cache)).toEqual([0, 1]);
  });

  it("replaces what a correction corrects, even an IDR picture", () => {
    const cache = new AccessUnitCache();
    cache.add(unit(0, idr));
    cache.add(unit(0, { ...idr, corrects: true, data: new Uint8Array(50) }));
    cache.add(unit(1));
    cache.add(unit(1, { corrects: true, data: new Uint8Array(60) }));
    expect(cache.units.map(({ data }) => data.length)).toEqual([50, 60]);
  });

  it("drops a whole group of pictures when it has too many pictures or too many bytes", () => {
    for (const options of [{ maxUnits: 4 }, { maxBytes: 4 * memoryOf(unit(0)) }]) {
      const cache = new AccessUnitCache(options);
      cache.add(unit(0, idr));
      for (let sequence = 1; sequence < 4; sequence++) cache.add(unit(sequence));
      expect(sequences(cache)).toEqual([0, 1, 2, 3]);
      cache.add(unit(4));
      expect(sequences(cache)).toEqual([]);
      cache.add(unit(5));
      expect(sequences(cache)).toEqual([]);
      cache.add(unit(6, idr));
      expect(sequences(cache)).toEqual([6]);
    }
  });

  it("counts the memory of many small NAL units and of large parameter sets", () => {
    const nalUnits = Array.from({ length: 1000 }, () => ({ type: 1, refIdc: 1, offset: 4, length: 1 }));
    for (const heavy of [{ nalUnits }, { parameterSets: new Uint8Array(64_000) }]) {
      const cache = new AccessUnitCache({ maxBytes: 1_000_000 });
      cache.add(unit(0, { ...idr, ...heavy }));
      for (let sequence = 1; sequence < 14; sequence++) cache.add(unit(sequence, heavy));
      expect(sequences(cache)).toHaveLength(14);
      for (let sequence = 14; sequence < 20; sequence++) cache.add(unit(sequence, heavy));
      expect(sequences(cache)).toEqual([]);
    }
  });

  it("counts the bytes of a correction once", () => {
    const cache = new AccessUnitCache({ maxBytes: 3 * memoryOf(unit(0)) });
    cache.add(unit(0, idr));
    for (let round = 0; round < 20; round++)
      cache.add(unit(0, { ...idr, corrects: true, data: new Uint8Array(40) }));
    cache.add(unit(1, { data: new Uint8Array(40) }));
    expect(sequences(cache)).toEqual([0, 1]);
  });
});

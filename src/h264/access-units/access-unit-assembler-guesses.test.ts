import { describe, expect, it } from "vitest";
import { annexB, toHex } from "../../../test/support/bytes.js";
import { assemble, idr, p, sets } from "../../../test/support/h264/assembling.js";
import { endOfSequence, fillerData, sliceNal } from "../../../test/support/h264/coded-picture.js";

describe("AccessUnitAssembler: a guessed end", () => {
  const half = p(1, { firstMbInSlice: 150, payload: 30 });
  /** Long enough to show, before its end has come, that another picture begins. */
  const next = p(2, { payload: 60 });

  it("gives out the access unit at once, and only once if the guess was right", () => {
    const { units, nals, guessEnd } = assemble();
    nals(...sets, idr);
    expect(guessEnd()).toBe(true);
    expect(units.take()).toMatchObject([{ sequence: 0, endedBy: "silence", corrects: false }]);
    expect(guessEnd()).toBe(false);
    nals(p(1), next);
    expect(units.take()).toMatchObject([{ sequence: 1, endedBy: "next", corrects: false }]);
  });

  it("wrong between slices: the whole is given out again with the same number, and reported", () => {
    const { units, issues, told, nals, guessEnd } = assemble();
    nals(...sets, idr, p(1));
    guessEnd();
    const [, short] = units.take();
    nals(half, next);
    const [whole] = units.take();
    expect(short).toMatchObject({ sequence: 1, corrects: false, picture: { sliceCount: 1 } });
    expect(whole).toMatchObject({ sequence: 1, corrects: true, picture: { sliceCount: 2 } });
    expect(toHex(whole!.data)).toBe(toHex(annexB(p(1), half)));
    expect(toHex(short!.data)).toBe(toHex(annexB(p(1))));
    const firstEnd = annexB(...sets, idr).length;
    const secondEnd = firstEnd + annexB(p(1), half).length;
    expect(told).toEqual([
      "coming",
      { end: firstEnd, start: firstEnd + 4 },
      ...["given-out", "nothing", "coming", "given-out", "correcting"],
      { end: secondEnd, start: secondEnd + 4 },
      ...["given-out", "nothing"],
    ]);
    expect(issues.list()).toMatchObject([{ code: "wrong-picture-end", count: 1 }]);
  });

  it("wrong inside a slice", () => {
    const { units, bytes, nals, guessEnd } = assemble();
    const stream = annexB(...sets, sliceNal({ idr: true, payload: 60 }));
    bytes(stream.slice(0, -20));
    guessEnd();
    bytes(stream.slice(-20, -10));
    guessEnd();
    bytes(stream.slice(-10));
    nals(p(1));
    guessEnd();
    expect(units.items.map((unit) => [unit.sequence, unit.corrects, unit.endedBy])).toEqual([
      [0, false, "silence"],
      [0, true, "silence"],
      [0, true, "next"],
      [1, false, "silence"],
    ]);
    expect(toHex(units.items[2]!.data)).toBe(toHex(stream));
  });

  it("after the first bytes of the next slice: they are no damage", () => {
    const { units, issues, bytes, nals, guessEnd } = assemble();
    const second = annexB(p(1, { payload: 60 }));
    nals(...sets, idr);
    bytes(second.slice(0, 6));
    guessEnd();
    expect(units.take()).toMatchObject([{ sequence: 0, corrects: false, nalUnits: [{}, {}, {}] }]);
    bytes(second.slice(6));
    nals(next);
    expect(units.take()).toMatchObject([{ sequence: 1, corrects: false, discontinuity: false }]);
    expect(issues.list()).toEqual([]);
  });

  it("needs no correction for NAL units that only follow the slices", () => {
    const { units, nals, guessEnd } = assemble();
    nals(...sets, idr);
    guessEnd();
    nals(fillerData, endOfSequence, p(1));
    guessEnd();
    expect(units.items.map((unit) => [unit.sequence, unit.corrects])).toEqual([
      [0, false],
      [1, false],
    ]);
  });

  it("needs a correction for a late data partition", () => {
    const partitionA = p(1, { nalUnitType: 2 });
    const partitionB = Uint8Array.of(0x43, 0x80, 0x5a);
    const { units, nals, guessEnd } = assemble();
    nals(...sets, idr, partitionA);
    guessEnd();
    nals(partitionB, next);
    expect(units.items.map((unit) => unit.nalUnits.length)).toEqual([3, 1, 2]);
  });
});

import { describe, expect, it } from "vitest";
import { annexB, concat, cut, toHex } from "../../../test/support/bytes.js";
import { assemble, idr, p, sets } from "../../../test/support/h264/assembling.js";
import { sliceNal } from "../../../test/support/h264/coded-picture.js";
import { ppsNal, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { encodeTestPictures } from "../../../test/support/h264/x264.js";

describe("AccessUnitAssembler: damage is counted, and marks what follows", () => {
  /**
   * Issues, and which access units follow a loss, of a sound stream with `damage` after its second
   * picture, where bytes may be lost.
   */
  function afterDamage(...damage: Uint8Array[]) {
    return whereLossy(true, damage);
  }

  function whereLossy(isLossy: boolean, damage: readonly Uint8Array[]) {
    const { units, assembler, issues, nals, parser } = assemble();
    assembler.isLossy = isLossy;
    nals(...sets, idr, p(1), ...damage, p(2), p(3));
    parser.close();
    return {
      codes: issues.list().map(({ code }) => code),
      lost: units.items.filter((unit) => unit.discontinuity).map(({ sequence }) => sequence),
      count: units.items.length,
    };
  }

  it("the first access unit of a stream counts as following a loss", () => {
    expect(afterDamage()).toEqual({ codes: [], lost: [0], count: 4 });
  });

  it("slices whose parameter sets have not come", () => {
    const { units, issues, nals, parser } = assemble();
    nals(idr, p(1), ...sets, idr, p(1));
    parser.close();
    expect(issues.list()).toMatchObject([{ code: "missing-parameter-set", count: 2 }]);
    expect(units.items).toMatchObject([
      { sequence: 0, position: expect.any(Number), discontinuity: true },
      { sequence: 1, discontinuity: false },
    ]);
    expect(units.items[0]!.nalUnits.map(({ type }) => type)).toEqual([7, 8, 5]);
  });

  it("a slice that refers to a picture parameter set that never came", () => {
    expect(afterDamage(p(9, { ppsId: 5 }))).toEqual({
      codes: ["missing-parameter-set"],
      lost: [0, 1],
      count: 4,
    });
  });

  const malformed: [string, Uint8Array][] = [
    ["malformed-slice-header", Uint8Array.of(0x41, 0x00, 0x00, 0x80)],
    ["malformed-nal-unit", Uint8Array.of(0xe1, 0x9a)],
    // How Xiongmai's cameras mark their pictures, and a time in a message that lacks emulation
    // prevention: its type would be end of stream.
    ["malformed-nal-unit", Uint8Array.of(0xfd, 0x40, 0x10)],
    ["malformed-nal-unit", Uint8Array.of(0x8b, 0x40, 0x10)],
  ];
  it.each(malformed)("%s, where bytes may be lost", (code, nal) => {
    expect(afterDamage(nal)).toEqual({ codes: [code], lost: [0, 1], count: 4 });
  });

  it.each(malformed)("%s is no loss where all bytes arrive: frame_num would show it", (code, nal) => {
    expect(whereLossy(false, [nal])).toEqual({ codes: [code], lost: [0], count: 4 });
  });

  it("malformed NAL units are losses where gaps in frame_num are allowed", () => {
    const { units, nals, parser } = assemble();
    nals(spsNal({ gapsAllowed: true }), ppsNal(), idr, p(1), Uint8Array.of(0xe1, 0x9a), p(2));
    parser.close();
    expect(units.items.map(({ discontinuity }) => discontinuity)).toEqual([true, true, false]);
  });

  it("a start code in an SEI message: what follows it there is none of the stream's", () => {
    // A slice, a PPS and an SPS to look at, which end with the message.
    for (const header of [0x65, 0x41, 0x68, 0x67, 0x06, 0x0a]) {
      const text = [0, 0, 1, header, 0x88, 0x84, 0x21, 0, 0, 1, 0x61, 0xe0, 0x77];
      const sei = Uint8Array.of(6, 5, 16 + text.length, ...new Uint8Array(16).fill(0x11), ...text, 0x80);
      expect(whereLossy(false, [sei])).toEqual({ codes: ["malformed-sei"], lost: [0], count: 4 });
    }
  });

  it("an SEI message that claims more bytes than it has takes no picture with it", () => {
    const whole = Uint8Array.of(6, 5, 60, ...new Uint8Array(20).fill(0x11), 0x80);
    expect(whereLossy(false, [whole])).toEqual({ codes: ["malformed-sei"], lost: [0], count: 4 });
    const open = whole.subarray(0, -1);
    const { units, nals, parser } = assemble();
    nals(...sets, idr, open, p(1, { payload: 100 }), p(2));
    parser.close();
    expect(units.items).toHaveLength(3);
  });

  it("an SEI message that was cut short takes no parameter sets and no whole picture with it", () => {
    const pictures = encodeTestPictures({
      width: 32,
      height: 32,
      pictures: 4,
      preset: "fast",
      parameters: "keyint=2",
    });
    const short = annexB(Uint8Array.of(6, 5, 0xff, 0xff, 0xff));
    const { units, bytes, parser } = assemble();
    for (const picture of pictures) bytes(concat(short, picture));
    parser.close();
    expect(units.items.map(({ picture }) => picture.type)).toEqual(["I", "P", "I", "P"]);
  });

  it("forbidden_zero_bit, however it was cut: not even the type counts", () => {
    const damaged = Uint8Array.of(0xe7, ...spsNal().subarray(1), ...new Uint8Array(100).fill(0x55));
    const stream = annexB(...sets, idr, damaged, sliceNal({ idr: true, firstMbInSlice: 9 }), p(1));
    const unitsFrom = (pieces: readonly Uint8Array[]) => {
      const { units, bytes, parser } = assemble();
      for (const piece of pieces) bytes(piece);
      parser.close();
      return units.items.map(({ nalUnits, discontinuity }) => [nalUnits.length, discontinuity]);
    };
    expect(unitsFrom([stream])).toEqual([
      [4, true],
      [1, false],
    ]);
    expect(unitsFrom(cut(stream, [1]))).toEqual(unitsFrom([stream]));
  });

  it("a malformed parameter set changes nothing and is not passed on", () => {
    const { units, issues, nals, parser } = assemble();
    nals(...sets, idr, Uint8Array.of(0x67, 0x4d), Uint8Array.of(0x68), p(1));
    parser.close();
    expect(issues.list()).toMatchObject([{ code: "malformed-parameter-set", count: 2 }]);
    expect(units.items[1]!.nalUnits.map(({ type }) => type)).toEqual([1]);
    expect(toHex(units.items[1]!.parameterSets)).toBe(toHex(annexB(...sets)));
  });

  it("a malformed SEI loses no picture", () => {
    expect(afterDamage(Uint8Array.of(0x06, 0x05, 0xff, 0x80))).toEqual({
      codes: ["malformed-sei"],
      lost: [0],
      count: 4,
    });
  });

  it("too many bytes of parameter sets: the earlier ones stay", () => {
    const { units, issues, nals, parser } = assemble();
    const large = (id: number) => concat(ppsNal({ id }), new Uint8Array(4000).fill(0x55));
    nals(...sets, idr, ...Array.from({ length: 255 }, (_, id) => large(id + 1)), p(1));
    parser.close();
    expect(issues.count("malformed-parameter-set")).toBe(255 - 16);
    expect(units.items[1]!.parameterSets.length).toBeLessThan(65_536 + 2048);
    expect(units.items[1]!.picture.frameNum).toBe(1);
  });

  it("more NAL units than the bound", () => {
    const { units, issues, nals, parser } = assemble({ maxNalUnits: 4 });
    nals(
      ...sets,
      idr,
      ...Array.from({ length: 9 }, (_, index) => sliceNal({ idr: true, firstMbInSlice: index + 1 })),
    );
    nals(p(1));
    parser.close();
    expect(issues.count("access-unit-too-large")).toBe(8);
    expect(units.items.map(({ nalUnits }) => nalUnits.length)).toEqual([4, 1]);
  });

  it("more bytes than the bound", () => {
    const { units, issues, nals, parser } = assemble({ maxAccessUnitBytes: 200 });
    nals(
      ...sets,
      sliceNal({ idr: true, payload: 90 }),
      sliceNal({ idr: true, firstMbInSlice: 9, payload: 90 }),
    );
    nals(p(1));
    parser.close();
    expect(issues.count("access-unit-too-large")).toBe(1);
    expect(units.items.map(({ nalUnits }) => nalUnits.length)).toEqual([3, 1]);
    for (const unit of units.items) expect(unit.data.length).toBeLessThanOrEqual(200);
  });

  it("more NAL units than the bound before the first slice: the next picture has room", () => {
    const { units, issues, nals, parser } = assemble({ maxNalUnits: 4 });
    nals(...sets, idr, ...Array.from({ length: 6 }, () => Uint8Array.of(6, 5, 1, 0, 0x80)), p(1), p(2));
    parser.close();
    expect(issues.count("access-unit-too-large")).toBe(3);
    expect(units.items.map(({ picture }) => picture.frameNum)).toEqual([0, 2]);
  });

  it("more bytes than the bound in the first slice: that picture is dropped", () => {
    const { units, issues, nals, parser } = assemble({ maxAccessUnitBytes: 200 });
    nals(...sets, idr, p(1, { payload: 300 }), p(2));
    parser.close();
    expect(issues.count("access-unit-too-large")).toBe(1);
    expect(units.items.map(({ picture }) => picture.frameNum)).toEqual([0, 2]);
    expect(units.items[1]?.discontinuity).toBe(true);
  });
});

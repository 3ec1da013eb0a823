import { describe, expect, it } from "vitest";
import { annexB, concat, cut, toHex } from "../../test/support/bytes.js";
import {
  delimiter,
  endOfSequence,
  endOfStream,
  fillerData,
  parameterSets,
  recoveryPointSei,
  type SliceSyntax,
  type StreamSyntax,
  sliceNal,
  userDataSei,
} from "../../test/support/coded-picture.js";
import { CollectingSink } from "../../test/support/collecting-sink.js";
import { FakeClock } from "../../test/support/fake-clock.js";
import { ppsNal, spsNal } from "../../test/support/h264-syntax.js";
import { IssueCounter } from "../core/issues.js";
import { microseconds } from "../core/time.js";
import type { AccessUnit } from "./access-unit.js";
import { AccessUnitAssembler, type AccessUnitAssemblerOptions } from "./access-unit-assembler.js";
import { AnnexBParser } from "./annex-b-parser.js";

function assemble(options: AccessUnitAssemblerOptions = {}) {
  const units = new CollectingSink<AccessUnit>();
  const issues = new IssueCounter();
  const clock = new FakeClock();
  const assembler = new AccessUnitAssembler(units, clock, issues, options);
  const parser = new AnnexBParser(assembler, issues);
  const bytes = (data: Uint8Array) => parser.push({ data, receivedAt: clock.now(), framing: "none" });
  return {
    units,
    issues,
    clock,
    assembler,
    parser,
    bytes,
    nals: (...nals: Uint8Array[]) => bytes(annexB(...nals)),
    /** What `PictureEnd` does when it believes that a picture is complete. */
    guessEnd() {
      parser.endOpenNalUnit();
      return assembler.endPicture("silence");
    },
    endOfInput() {
      parser.endOfInput();
      assembler.endOfInput();
    },
  };
}

/** The NAL unit types of each access unit that comes of these NAL units, in one piece or byte by byte. */
function typesOf(...nals: Uint8Array[]): number[][] {
  const typesFrom = (pieces: readonly Uint8Array[]) => {
    const { units, bytes, parser } = assemble();
    for (const piece of pieces) bytes(piece);
    parser.close();
    return units.items.map((unit) => unit.nalUnits.map(({ type }) => type));
  };
  const stream = annexB(...nals);
  const types = typesFrom([stream]);
  expect(typesFrom(cut(stream, [1]))).toEqual(types);
  return types;
}

const sets = parameterSets();
const idr = sliceNal({ idr: true });
const p = (frameNum: number, rest: SliceSyntax = {}, stream: StreamSyntax = {}) =>
  sliceNal({ frameNum, picOrderCntLsb: frameNum * 2, ...rest }, stream);

describe("AccessUnitAssembler, asked for room before the data", () => {
  it("gives out the same access units, each with so much room that is nobody else's", () => {
    const run = (options: AccessUnitAssemblerOptions) => {
      const { units, nals, endOfInput } = assemble(options);
      const large = Uint8Array.from([...p(2), ...Array<number>(100_000).fill(0x55)]);
      nals(...sets, idr, p(1), large, ...Array.from({ length: 3000 }, (_, index) => p((index + 3) % 16)));
      endOfInput();
      return units.items;
    };
    const roomy = run({ roomBeforeData: 100 });
    for (const { data } of roomy) new Uint8Array(data.buffer, data.byteOffset - 100, 100).fill(0xff);
    const plain = run({});
    expect(roomy.length).toBe(plain.length);
    expect(roomy.every(({ data }, index) => Buffer.compare(data, plain[index]!.data) === 0)).toBe(true);
    // A large one has a buffer of its own, small ones share.
    expect(roomy[2]!.data.buffer.byteLength).toBe(100 + roomy[2]!.data.length);
    expect(new Set(roomy.map(({ data }) => data.buffer)).size).toBeLessThan(20);
  });

  it("never writes again to what it has given out, also where more of it comes", () => {
    const { units, bytes, guessEnd, endOfInput } = assemble({ roomBeforeData: 100 });
    bytes(annexB(...sets, idr));
    const slice = Uint8Array.from([...annexB(p(1)), ...Array<number>(60).fill(0x55)]);
    const given: { readonly all: Uint8Array; readonly was: Uint8Array }[] = [];
    const [first, second] = [slice.length - 40, slice.length - 20];
    for (const piece of [slice.slice(0, first), slice.slice(first, second), slice.slice(second)]) {
      bytes(piece);
      guessEnd();
      const { data } = units.items.at(-1)!;
      // Somebody writes a header before it, and all of that stays.
      new Uint8Array(data.buffer, data.byteOffset - 100, 100).fill(given.length + 1);
      const all = new Uint8Array(data.buffer, data.byteOffset - 100, 100 + data.length);
      given.push({ all, was: all.slice() });
    }
    bytes(annexB(p(2), p(3)));
    endOfInput();
    expect(given.length).toBe(3);
    expect(units.items.filter(({ corrects }) => corrects).length).toBe(2);
    for (const { all, was } of given) expect(toHex(all)).toBe(toHex(was));
  });
});

describe("AccessUnitAssembler: where an access unit begins (7.4.1.2.3)", () => {
  it("at the first slice of another picture, without delimiters", () => {
    expect(typesOf(...sets, idr, p(1), p(2))).toEqual([[7, 8, 5], [1], [1]]);
  });

  it("at a delimiter, SEI or parameter set after the last slice", () => {
    expect(
      typesOf(delimiter, ...sets, idr, delimiter, p(1), userDataSei, p(2), sets[1]!, p(3), ...sets, p(4)),
    ).toEqual([
      [9, 7, 8, 5],
      [9, 1],
      [6, 1],
      [8, 1],
      [7, 8, 1],
    ]);
  });

  it("not at a further slice of the picture", () => {
    const slices = [0, 100, 200].map((firstMbInSlice) => p(1, { firstMbInSlice }));
    expect(typesOf(...sets, idr, ...slices, p(2))).toEqual([[7, 8, 5], [1, 1, 1], [1]]);
  });

  it("at macroblock 0, even if the encoder repeats idr_pic_id", () => {
    expect(typesOf(...sets, idr, idr, idr)).toEqual([[7, 8, 5], [5], [5]]);
  });

  it("not at a prefix NAL unit, which SVC puts before each slice", () => {
    const prefix = Uint8Array.of(0x6e, 0x40, 0x80, 0x07);
    const half = p(1, { firstMbInSlice: 150 });
    expect(typesOf(...sets, prefix, idr, prefix, p(1), prefix, half, prefix, p(2))).toEqual([
      [7, 8, 5],
      [1, 1],
      [1],
    ]);
  });

  it("after an end of sequence or stream, which ends the access unit at once", () => {
    const { units, nals } = assemble();
    nals(...sets, idr, endOfSequence, Uint8Array.of());
    expect(units.take()).toMatchObject([{ endedBy: "next", nalUnits: [{}, {}, { type: 5 }, { type: 10 }] }]);
    nals(p(1), endOfStream, Uint8Array.of());
    expect(units.take()).toMatchObject([{ sequence: 1, nalUnits: [{ type: 1 }, { type: 11 }] }]);
  });

  it("keeps redundant pictures with the primary one, and filler data out", () => {
    const stream = { pps: { redundantPicCnt: true } };
    const redundant = p(1, { redundantPicCnt: 1 }, stream);
    const nals = [...parameterSets(stream), sliceNal({ idr: true }, stream), p(1, {}, stream), redundant];
    expect(typesOf(...nals, fillerData, p(2, {}, stream))).toEqual([[7, 8, 5], [1, 1], [1]]);
  });

  it("not at a slice of an auxiliary picture, whatever it says", () => {
    const auxiliary = sliceNal({ nalUnitType: 19, frameNum: 3, payload: 90 });
    expect(typesOf(...sets, idr, auxiliary, p(1))).toEqual([[7, 8, 5, 19], [1]]);
  });

  it("at each field, and pairs them", () => {
    const stream: StreamSyntax = { sps: { frameMbsOnly: false, heightInMapUnits: 8 } };
    const { units, nals, parser } = assemble();
    nals(
      ...parameterSets(stream),
      sliceNal({ idr: true, field: "top" }, stream),
      sliceNal({ type: "P", field: "bottom", picOrderCntLsb: 1 }, stream),
      p(1, { field: "bottom", picOrderCntLsb: 3 }, stream),
      p(1, { field: "top", picOrderCntLsb: 2 }, stream),
      p(2, { field: "top" }, stream),
      p(3, { field: "top" }, stream),
      p(4, {}, stream),
    );
    parser.close();
    expect(
      units.items.map(({ picture }) => [picture.structure, picture.secondField, picture.pictureOrderCount]),
    ).toEqual([
      ["top-field", false, 0],
      ["bottom-field", true, 1],
      ["bottom-field", false, 3],
      ["top-field", true, 2],
      ["top-field", false, 4],
      ["top-field", false, 6],
      ["frame", false, 8],
    ]);
  });

  it("told by the first bytes of the next slice, long before it has ended", () => {
    const { units, nals, bytes } = assemble();
    nals(...sets, idr);
    const next = annexB(p(1, { payload: 400 }));
    bytes(next.slice(0, 4 + 51));
    expect(units.items).toEqual([]);
    bytes(next.slice(4 + 51, 4 + 52));
    expect(units.items).toMatchObject([{ sequence: 0, endedBy: "next" }]);
  });
});

describe("AccessUnitAssembler: what an access unit says", () => {
  it("its bytes in Annex B form, where it lay in the stream, and when it came", () => {
    const { units, clock, bytes, parser } = assemble();
    const stream = concat(annexB(...sets, idr), annexB(p(1, { payload: 60 })));
    const start = clock.now();
    bytes(stream.slice(0, 3));
    clock.advance(1);
    bytes(stream.slice(3, 9));
    clock.advance(1);
    bytes(stream.slice(9));
    clock.advance(1);
    parser.close();
    const [first, second] = units.items;
    expect(toHex(first!.data)).toBe(toHex(annexB(...sets, idr)));
    expect(first).toMatchObject({ position: 4, firstByteAt: start + 1000, lastByteAt: start + 2000 });
    expect(first).toMatchObject({ completeAt: start + 2000, endedBy: "next" });
    expect(second).toMatchObject({ completeAt: start + 3000, endedBy: "end-of-input" });
    expect(second!.position).toBe(first!.data.length + 4);
    for (const { type, offset, length } of first!.nalUnits) {
      expect(toHex(first!.data.slice(offset - 4, offset))).toBe("00 00 00 01");
      expect(first!.data[offset]! & 31).toBe(type);
      expect(offset + length).toBeLessThanOrEqual(first!.data.length);
    }
  });

  it("has memory of its own, and can be cloned", () => {
    const { units, bytes, parser } = assemble();
    const stream = annexB(...sets, idr, p(1));
    bytes(stream);
    parser.close();
    const before = toHex(units.items[0]!.data);
    stream.fill(0);
    expect(toHex(units.items[0]!.data)).toBe(before);
    expect(units.items[0]!.data.buffer.byteLength).toBe(units.items[0]!.data.length);
    expect(structuredClone(units.items[0])).toEqual(units.items[0]);
  });

  it("what the slice headers say of the picture", () => {
    const { units, nals, parser } = assemble();
    nals(...sets, idr, p(1, { type: "I" }), p(1, { type: "B", firstMbInSlice: 9, nalRefIdc: 1 }));
    nals(p(2, { nalRefIdc: 0 }), p(2, { mmco5: true }));
    parser.close();
    expect(units.items.map(({ picture }) => picture)).toMatchObject([
      { idr: true, reference: true, type: "I", frameNum: 0, pictureOrderCount: 0, sliceCount: 1 },
      { idr: false, reference: true, type: "B", frameNum: 1, pictureOrderCount: 2, sliceCount: 2 },
      { reference: false, type: "P", startsOrder: false },
      { startsOrder: true, pictureOrderCount: 0 },
    ]);
  });

  it("what FFmpeg does not decode in it", () => {
    const unsupported = (stream: StreamSyntax, ...nals: Uint8Array[]) => {
      const { units, nals: push, parser } = assemble();
      push(...parameterSets(stream), ...nals);
      parser.close();
      return units.items.at(-1)?.picture.unsupported;
    };
    const groups: StreamSyntax = { pps: { sliceGroups: (w) => void w.ue(1, 0).ue(9, 9) } };
    expect(unsupported({}, idr, p(1, { firstMbInSlice: 9 }))).toBeUndefined();
    expect(unsupported(groups, sliceNal({ idr: true }, groups))).toContain("slice groups");
    expect(unsupported({}, idr, p(1, { type: "SP" }))).toContain("SP");
    expect(unsupported({}, idr, p(1, { nalUnitType: 2 }))).toBe("data partitioning");
    expect(unsupported({}, idr, p(1, { firstMbInSlice: 9 }), p(1, { firstMbInSlice: 3 }))).toBe(
      "arbitrary slice order",
    );
  });

  it("whether decoding can start there", () => {
    const { units, nals, parser } = assemble();
    const half = { firstMbInSlice: 150 };
    nals(...sets, idr, p(1), recoveryPointSei(7), p(2), p(3, { type: "I" }), p(3, { ...half, type: "I" }));
    nals(p(4, { type: "I" }), p(4, half));
    parser.close();
    expect(units.items.map((unit) => [unit.randomAccess, unit.recoveryFrameCount])).toEqual([
      ["idr", 0],
      [undefined, 0],
      ["recovery-point", 7],
      ["intra", 0],
      [undefined, 0],
    ]);
  });

  it("the parameter sets that a decoder needs to start there", () => {
    const { units, nals, parser } = assemble();
    const second = ppsNal({ id: 1 });
    nals(...sets, idr, p(1), second, p(2, { ppsId: 1 }), ...sets, p(3));
    parser.close();
    const known = units.items.map((unit) => unit.parameterSets);
    expect(known.map(toHex)).toEqual([
      toHex(annexB(...sets)),
      toHex(annexB(...sets)),
      toHex(annexB(...sets, second)),
      toHex(annexB(...sets, second)),
    ]);
    // The same object until one changes: what is repeated is no change.
    expect(known[1]).toBe(known[0]);
    expect(known[3]).toBe(known[2]);
  });

  it("the same format object until the SPS changes", () => {
    const { units, nals, parser } = assemble();
    nals(...sets, idr, p(1), ...sets, p(2), spsNal({ widthInMbs: 40 }), sets[1]!, sliceNal({ idr: true }));
    parser.close();
    const formats = units.items.map(({ format }) => format);
    expect(formats[2]).toBe(formats[0]);
    expect(formats.map(({ width }) => width)).toEqual([320, 320, 320, 640]);
  });
});

describe("AccessUnitAssembler: damage is counted, and marks what follows", () => {
  /** Issues, and which access units follow a loss, of a sound stream with `damage` after its second picture. */
  function afterDamage(...damage: Uint8Array[]) {
    const { units, issues, nals, parser } = assemble();
    nals(...sets, idr, p(1), ...damage, p(2), p(3));
    parser.close();
    return {
      codes: issues.list().map(({ code }) => code),
      lost: units.items.filter((unit) => unit.discontinuity).map(({ sequence }) => sequence),
      count: units.items.length,
    };
  }

  it("the first access unit of a stream follows a loss of what was before it", () => {
    expect(afterDamage()).toEqual({ codes: [], lost: [0], count: 4 });
  });

  it("slices without their parameter sets", () => {
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

  it("a slice whose header makes no sense", () => {
    expect(afterDamage(Uint8Array.of(0x41, 0x00, 0x00, 0x80)).codes).toEqual(["malformed-slice-header"]);
  });

  it("forbidden_zero_bit", () => {
    expect(afterDamage(Uint8Array.of(0xe1, 0x9a)).codes).toEqual(["malformed-nal-unit"]);
  });

  it("forbidden_zero_bit, of which not even the type is believed, however it was cut", () => {
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

  it("a malformed SEI costs no picture", () => {
    expect(afterDamage(Uint8Array.of(0x06, 0x05, 0xff, 0x80))).toEqual({
      codes: ["malformed-sei"],
      lost: [0],
      count: 4,
    });
  });

  it("more bytes of parameter sets than a stream has: the ones before them stay", () => {
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

  it("more bytes than the bound in a first slice alone: that picture is left out", () => {
    const { units, issues, nals, parser } = assemble({ maxAccessUnitBytes: 200 });
    nals(...sets, idr, p(1, { payload: 300 }), p(2));
    parser.close();
    expect(issues.count("access-unit-too-large")).toBe(1);
    expect(units.items.map(({ picture }) => picture.frameNum)).toEqual([0, 2]);
    expect(units.items[1]?.discontinuity).toBe(true);
  });
});

describe("AccessUnitAssembler: an end told by a guess", () => {
  const half = p(1, { firstMbInSlice: 150, payload: 30 });
  /** Long enough to be told from the picture before it although its own end has not come. */
  const next = p(2, { payload: 60 });

  it("gives the access unit out at once, and not again when the guess was right", () => {
    const { units, nals, guessEnd } = assemble();
    nals(...sets, idr);
    expect(guessEnd()).toBe(true);
    expect(units.take()).toMatchObject([{ sequence: 0, endedBy: "silence", corrects: false }]);
    expect(guessEnd()).toBe(false);
    nals(p(1), next);
    expect(units.take()).toMatchObject([{ sequence: 1, endedBy: "next", corrects: false }]);
  });

  it("wrong between slices: the whole is given out again with the same number", () => {
    const { units, issues, assembler, nals, guessEnd } = assemble();
    nals(...sets, idr, p(1));
    guessEnd();
    const [, short] = units.take();
    nals(half, next);
    const [whole] = units.take();
    expect(short).toMatchObject({ sequence: 1, corrects: false, picture: { sliceCount: 1 } });
    expect(whole).toMatchObject({ sequence: 1, corrects: true, picture: { sliceCount: 2 } });
    expect(toHex(whole!.data)).toBe(toHex(annexB(p(1), half)));
    expect(toHex(short!.data)).toBe(toHex(annexB(p(1))));
    expect(assembler.wrongEnds).toBe(1);
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

  it("with the first bytes of the next slice already here: they are no damage", () => {
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

  it("is not corrected for what only follows the slices", () => {
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

  it("is corrected for a late data partition", () => {
    const partitionA = p(1, { nalUnitType: 2 });
    const partitionB = Uint8Array.of(0x43, 0x80, 0x5a);
    const { units, nals, guessEnd } = assemble();
    nals(...sets, idr, partitionA);
    guessEnd();
    nals(partitionB, next);
    expect(units.items.map((unit) => unit.nalUnits.length)).toEqual([3, 1, 2]);
  });
});

describe("AccessUnitAssembler: epochs", () => {
  it("a new connection is a new epoch; numbers go on, parameter sets stay", () => {
    const { units, nals, endOfInput } = assemble();
    nals(...sets, idr, p(1));
    endOfInput();
    nals(p(2));
    endOfInput();
    expect(units.items.map(({ epoch, sequence, discontinuity }) => [epoch, sequence, discontinuity])).toEqual(
      [
        [0, 0, true],
        [0, 1, false],
        [1, 2, true],
      ],
    );
  });

  it("a connection that sent no picture is none", () => {
    const { units, nals, endOfInput } = assemble();
    endOfInput();
    nals(...sets);
    endOfInput();
    nals(idr, endOfSequence);
    endOfInput();
    nals(sliceNal({ idr: true }));
    endOfInput();
    expect(units.items.map(({ epoch }) => epoch)).toEqual([0, 1]);
  });

  it("closing gives out what is here, then closes the next stage, once", () => {
    const { units, nals, parser } = assemble();
    nals(...sets, idr);
    const reason = new Error("the sender hung up");
    parser.close(reason);
    expect(units).toMatchObject({ items: [{ endedBy: "end-of-input" }], closed: true, reason });
  });
});

it("counts order from the start of each connection, not from what the one before it sent", () => {
  const { units, nals, endOfInput } = assemble();
  nals(...sets, idr, p(1, { picOrderCntLsb: 7 }), p(2, { picOrderCntLsb: 14 }), p(3, { picOrderCntLsb: 3 }));
  endOfInput();
  nals(p(4, { picOrderCntLsb: 3 }));
  endOfInput();
  expect(units.items.map(({ picture }) => picture.pictureOrderCount)).toEqual([0, 7, 14, 19, 3]);
  expect(units.items.every(({ completeAt }) => completeAt > microseconds(0))).toBe(true);
});

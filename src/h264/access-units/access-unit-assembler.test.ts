import { describe, expect, it } from "vitest";
import { annexB, concat, toHex } from "../../../test/support/bytes.js";
import { CollectingSink } from "../../../test/support/collecting-sink.js";
import { assemble, idr, p, sets, typesOf } from "../../../test/support/h264/assembling.js";
import {
  delimiter,
  endOfSequence,
  endOfStream,
  fillerData,
  parameterSets,
  recoveryPointSei,
  type StreamSyntax,
  sliceNal,
  userDataSei,
} from "../../../test/support/h264/coded-picture.js";
import { ppsNal, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { microseconds } from "../../core/time.js";
import { type AccessUnit, isPossibleStart } from "../access-unit.js";
import type { AccessUnitAssemblerOptions } from "./access-unit-assembler.js";
import { AccessUnitMemory } from "./access-unit-memory.js";

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

  it("not at a redundant picture; filler data is left out", () => {
    const stream = { pps: { redundantPicCnt: true } };
    const redundant = p(1, { redundantPicCnt: 1 }, stream);
    const nals = [...parameterSets(stream), sliceNal({ idr: true }, stream), p(1, {}, stream), redundant];
    expect(typesOf(...nals, fillerData, p(2, {}, stream))).toEqual([[7, 8, 5], [1, 1], [1]]);
  });

  it("not at a slice of an auxiliary picture, whatever its header says", () => {
    const auxiliary = sliceNal({ nalUnitType: 19, frameNum: 3, payload: 90 });
    expect(typesOf(...sets, idr, auxiliary, p(1))).toEqual([[7, 8, 5, 19], [1]]);
  });

  it("at each field; two fields make a pair", () => {
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

  it("as soon as the first bytes of the next slice show it, before that slice ends", () => {
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
  it("its bytes in Annex B form, its position in the stream, and its times", () => {
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

  it("bytes in new memory; it can be cloned", () => {
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

  it("what the slice headers say about the picture", () => {
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

  it("the feature that FFmpeg cannot decode", () => {
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
    expect(
      units.items.map((unit) => [unit.randomAccess, unit.recoveryFrameCount, isPossibleStart(unit)]),
    ).toEqual([
      ["idr", 0, true],
      [undefined, 0, false],
      ["recovery-point", 7, true],
      [undefined, 0, true],
      [undefined, 0, false],
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
    // The same object until one changes. A repetition is no change.
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

describe("AccessUnitAssembler: epochs", () => {
  it("a new connection begins an epoch; numbers continue, parameter sets stay", () => {
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

  it("a connection without a picture is no epoch", () => {
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

  it("closing gives out the picture in hand, then closes the next stage once", () => {
    const { units, nals, parser } = assemble();
    nals(...sets, idr);
    const reason = new Error("the sender hung up");
    parser.close(reason);
    expect(units).toMatchObject({ items: [{ endedBy: "end-of-input" }], closed: true, reason });
  });
});

it("derives order counts from the start of each connection", () => {
  const { units, nals, endOfInput } = assemble();
  nals(...sets, idr, p(1, { picOrderCntLsb: 7 }), p(2, { picOrderCntLsb: 14 }), p(3, { picOrderCntLsb: 3 }));
  endOfInput();
  nals(p(4, { picOrderCntLsb: 3 }));
  endOfInput();
  expect(units.items.map(({ picture }) => picture.pictureOrderCount)).toEqual([0, 7, 14, 19, 3]);
  expect(units.items.every(({ completeAt }) => completeAt > microseconds(0))).toBe(true);
});

describe("AccessUnitAssembler, given a memory", () => {
  it("gathers the same access units there, each with free room before it", () => {
    const run = (options: AccessUnitAssemblerOptions) => {
      const { units, nals, endOfInput } = assemble(options, new KeepingSink(options.memory));
      const large = Uint8Array.from([...p(2), ...Array<number>(100_000).fill(0x55)]);
      nals(...sets, idr, p(1), large, ...Array.from({ length: 3000 }, (_, index) => p((index + 3) % 16)));
      endOfInput();
      return units.items;
    };
    const roomy = run({ memory: new AccessUnitMemory(100) });
    for (const { data } of roomy) new Uint8Array(data.buffer, data.byteOffset - 100, 100).fill(0xff);
    const plain = run({});
    expect(roomy.length).toBe(plain.length);
    expect(roomy.every(({ data }, index) => Buffer.compare(data, plain[index]!.data) === 0)).toBe(true);
    // Small access units share a block; a large one gets a large block.
    expect(roomy[2]!.data.buffer.byteLength).toBe(128 * 1024);
    expect(new Set(roomy.map(({ data }) => data.buffer)).size).toBeLessThan(20);
  });

  it("never writes to an access unit that was kept, also when more of it comes", () => {
    const memory = new AccessUnitMemory(100);
    const { units, bytes, guessEnd, endOfInput } = assemble({ memory }, new KeepingSink(memory));
    bytes(annexB(...sets, idr));
    const slice = Uint8Array.from([...annexB(p(1)), ...Array<number>(60).fill(0x55)]);
    const given: { readonly all: Uint8Array; readonly was: Uint8Array }[] = [];
    const [first, second] = [slice.length - 40, slice.length - 20];
    for (const piece of [slice.slice(0, first), slice.slice(first, second), slice.slice(second)]) {
      bytes(piece);
      guessEnd();
      const { data } = units.items.at(-1)!;
      // A sender writes a header before it, which must stay, too.
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

/** Keeps each access unit, as everybody must who needs it after `push`. */
class KeepingSink extends CollectingSink<AccessUnit> {
  readonly #memory: AccessUnitMemory | undefined;

  constructor(memory: AccessUnitMemory | undefined) {
    super();
    this.#memory = memory;
  }

  override push(unit: AccessUnit): void {
    super.push(this.#memory?.keep(unit, unit.data) ?? unit);
  }
}

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, cut, hex, toHex } from "../../../test/support/bytes.js";
import { IssueCounter } from "../../core/issues.js";
import { microseconds } from "../../core/time.js";
import {
  AnnexBParser,
  type AnnexBParserOptions,
  type NalUnitSink,
  type ReceivedNalUnit,
} from "./annex-b-parser.js";

interface Found {
  readonly position: number;
  readonly bytes: string;
  readonly continued: boolean;
}

class NalUnitList implements NalUnitSink {
  readonly found: Found[] = [];
  readonly begun: string[] = [];
  closed = false;

  push({ position, data, continued, type, refIdc }: ReceivedNalUnit): void {
    expect([type, refIdc]).toEqual([data[0]! & 31, (data[0]! >> 5) & 3]);
    this.found.push({ position, bytes: toHex(data), continued });
  }

  begin({ data }: ReceivedNalUnit): void {
    this.begun.push(toHex(data));
  }

  close(): void {
    this.closed = true;
  }

  get bytes(): string[] {
    return this.found.map(({ bytes }) => bytes);
  }
}

function open(options: AnnexBParserOptions = {}) {
  const list = new NalUnitList();
  const issues = new IssueCounter();
  const parser = new AnnexBParser(list, issues, options);
  const feed = (data: Uint8Array, at = 0) =>
    parser.push({ data, receivedAt: microseconds(at), framing: "none" });
  return { list, issues, parser, feed };
}

function parse(chunks: readonly Uint8Array[], options: AnnexBParserOptions = {}) {
  const { list, issues, parser, feed } = open(options);
  for (const chunk of chunks) feed(chunk);
  parser.close();
  return { found: list.found, issues: issues.list() };
}

/**
 * B.1 read literally: what stands between start codes, without the zero bytes before the next one.
 */
function byTheBook(data: Uint8Array): Found[] {
  const starts: number[] = [];
  for (let at = 0; at + 2 < data.length; at++) {
    if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1) starts.push(at + 3);
  }
  return starts.flatMap((position, index) => {
    let end = index + 1 < starts.length ? starts[index + 1]! - 3 : data.length;
    while (end > position && data[end - 1] === 0) end--;
    return end > position ? [{ position, bytes: toHex(data.slice(position, end)), continued: false }] : [];
  });
}

const stream = hex(`
  00 00 00 00 01  67 42 00 00 03 01
  00 00 01        68 ce
  00 00 00 01
  00 00 01        06 05 01 ff 80 00 00 00 00
  00 00 01        65 88 01 00 01 02 00 02 00 00 03 00
  00 00 00 01     41 9a 00 00 00`);

const units = ["67 42 00 00 03 01", "68 ce", "06 05 01 ff 80", "65 88 01 00 01 02 00 02 00 00 03", "41 9a"];

/** Rich in the bytes that make start codes and emulation prevention. */
const tricky = fc.array(fc.constantFrom(0, 0, 0, 0, 1, 1, 3, 0x41, 0x65, 0x80, 0xff), { maxLength: 120 });
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });

describe("AnnexBParser: the output does not depend on how the input was cut", () => {
  it("finds NAL units after start codes of three and four bytes, without the zeros around them", () => {
    const { found, issues } = parse([stream]);
    expect(found.map(({ bytes }) => bytes)).toEqual(units);
    expect(found).toEqual(byTheBook(stream));
    expect(issues).toEqual([]);
  });

  it("cut in two at every byte", () => {
    const uncut = parse([stream]);
    for (let at = 0; at <= stream.length; at++) {
      expect(parse([stream.slice(0, at), stream.slice(at)])).toEqual(uncut);
    }
  });

  it("cut in three at every two bytes", () => {
    const uncut = parse([stream]).found;
    for (let first = 0; first < stream.length; first++) {
      for (let second = first; second < stream.length; second++) {
        const chunks = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)];
        expect(parse(chunks).found).toEqual(uncut);
      }
    }
  });

  it("any bytes, cut anywhere, give what the grammar of B.1 gives", () => {
    fc.assert(
      fc.property(tricky, sizes, (bytes, sizes) => {
        const data = Uint8Array.from(bytes);
        expect(parse([data]).found).toEqual(byTheBook(data));
        expect(parse(cut(data, sizes)).found).toEqual(byTheBook(data));
      }),
      { numRuns: 500 },
    );
  });

  it("also for NAL units near the bound", () => {
    fc.assert(
      fc.property(tricky, sizes, fc.integer({ min: 1, max: 12 }), (bytes, sizes, maxNalUnitBytes) => {
        const data = Uint8Array.from(bytes);
        const fitting = byTheBook(data).filter((unit) => unit.bytes.length <= maxNalUnitBytes * 3);
        expect(parse([data], { maxNalUnitBytes }).found).toEqual(fitting);
        expect(parse(cut(data, sizes), { maxNalUnitBytes }).found).toEqual(fitting);
      }),
      { numRuns: 500 },
    );
  });
});

describe("AnnexBParser: any bytes are accepted", () => {
  it("counts what precedes the first start code, except zeros", () => {
    expect(parse([hex("00 00 00 00 01 65 88")]).issues).toEqual([]);
    const { found, issues } = parse([hex("00 00 04 38 00 00 09 60 00 00 01 65 88")]);
    expect(found.map(({ bytes }) => bytes)).toEqual(["65 88"]);
    expect(issues).toMatchObject([
      { code: "bytes-before-start-code", detail: "8 bytes came before the first start code" },
    ]);
  });

  it("knows whether a start code was found", () => {
    const { parser, feed } = open();
    feed(hex("00 00 00 18 67 64 00 1f ac d9 40"));
    expect(parser.foundStartCode).toBe(false);
    feed(hex("00 00 01 67"));
    expect(parser.foundStartCode).toBe(true);
  });

  it("drops a NAL unit that is too long, and continues with the next", () => {
    const { found, issues } = parse(
      [hex("00 00 01 65 01 02 03 04 05 00 00 01 41 01 02 03 00 00 00 01 09 10")],
      {
        maxNalUnitBytes: 4,
      },
    );
    expect(found.map(({ bytes }) => bytes)).toEqual(["41 01 02 03", "09 10"]);
    expect(issues).toEqual([
      { code: "nal-unit-too-long", count: 1, detail: "a NAL unit is longer than 4 bytes" },
    ]);
  });

  it("keeps no more than maxNalUnitBytes of a NAL unit that never ends", () => {
    const maxNalUnitBytes = 100_000;
    let largest = 0;
    const sink: NalUnitSink = {
      push: ({ data }) => {
        largest = Math.max(largest, data.buffer.byteLength);
      },
      begin() {},
      close() {},
    };
    const parser = new AnnexBParser(sink, new IssueCounter(), { maxNalUnitBytes });
    const feed = (data: Uint8Array) => parser.push({ data, receivedAt: microseconds(0), framing: "none" });
    feed(hex("00 00 01 65"));
    for (let index = 0; index < 200; index++) {
      feed(new Uint8Array(1400).fill(0xaa));
      parser.endOpenNalUnit();
    }
    expect(largest).toBeGreaterThan(90_000);
    expect(largest).toBeLessThanOrEqual(maxNalUnitBytes);
  });

  it("does not store zeros that may not belong to the NAL unit", () => {
    const { list, feed } = open();
    feed(hex("00 00 01 65 88"));
    for (let index = 0; index < 20_000; index++) feed(new Uint8Array(1400));
    expect(feed(hex("00"))).toMatchObject({ contentEnd: 5, slice: { isPushed: false } });
    feed(hex("00 00 01 41"));
    expect(list.bytes).toEqual(["65 88"]);
  });
});

describe("AnnexBParser: the end of a NAL unit", () => {
  it("is known when the next start code comes, not before", () => {
    const { list, feed } = open();
    expect(feed(hex("00 00 01 65 88 80 00 00"))).toEqual({
      contentEnd: 6,
      undecidedFrom: 3,
      slice: { isIdr: true, isPushed: false },
    });
    expect(list.found).toEqual([]);
    expect(feed(hex("01"))).toEqual({ contentEnd: 6, undecidedFrom: 9, slice: undefined });
    expect(list.bytes).toEqual(["65 88 80"]);
  });

  it("may be guessed; if more comes, the whole is pushed again as continued", () => {
    const { list, parser, feed } = open();
    feed(hex("00 00 01 65 88 80 00"));
    expect(parser.endOpenNalUnit()).toMatchObject({ slice: { isPushed: true } });
    expect(list.found).toEqual([{ position: 3, bytes: "65 88 80", continued: false }]);
    expect(feed(hex("00 03"))).toMatchObject({ slice: { isPushed: false } });
    feed(hex("01 00 00 01 41"));
    expect(list.found.slice(1)).toEqual([{ position: 3, bytes: "65 88 80 00 00 03 01", continued: true }]);
  });

  it("was guessed right if a start code follows", () => {
    const { list, parser, feed } = open();
    feed(hex("00 00 01 65 88 80"));
    parser.endOpenNalUnit();
    parser.endOpenNalUnit();
    feed(hex("00 00 00 01 41 9a"));
    expect(list.bytes).toEqual(["65 88 80"]);
    parser.endOpenNalUnit();
    expect(list.found[1]).toEqual({ position: 10, bytes: "41 9a", continued: false });
  });

  it("guessed at any bytes: the last push of each NAL unit is as if nothing had been guessed", () => {
    fc.assert(
      fc.property(tricky, sizes, (bytes, sizes) => {
        const data = Uint8Array.from(bytes);
        const { list, parser, feed } = open();
        for (const chunk of cut(data, sizes)) {
          feed(chunk);
          parser.endOpenNalUnit();
        }
        const last = new Map(list.found.map((unit) => [unit.position, unit.bytes]));
        expect([...last]).toEqual(byTheBook(data).map(({ position, bytes }) => [position, bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it("comes with the end of the connection; the next one starts with a start code", () => {
    const { list, parser, feed } = open();
    feed(hex("00 00 01 65 88 00 00"));
    parser.endOfInput();
    expect(list.bytes).toEqual(["65 88"]);
    feed(hex("01 41 9a 00 00 01 09 10"));
    parser.close();
    expect(list.bytes).toEqual(["65 88", "09 10"]);
    expect(list.closed).toBe(true);
  });
});

describe("AnnexBParser: begin", () => {
  const slice = concat(hex("65 88"), new Uint8Array(70).fill(0x55));

  it("announces a NAL unit after its header byte, and a slice after 52 bytes", () => {
    const { list, feed } = open();
    feed(hex("00 00 01 09"));
    expect(list.begun).toEqual(["09"]);
    feed(hex("10 00 00 01"));
    feed(slice.slice(0, 51));
    expect(list.begun).toHaveLength(1);
    feed(slice.slice(51, 52));
    expect(list.begun[1]).toBe(toHex(slice.slice(0, 52)));
    feed(slice.slice(52));
    expect(list.begun).toHaveLength(2);
  });

  it("does not announce a NAL unit that came in one piece", () => {
    const { list, feed } = open();
    feed(concat(hex("00 00 01"), slice, hex("00 00 01")));
    expect(list).toMatchObject({ begun: [], found: [{ position: 3 }] });
  });
});

it("notes when the first and the last byte of a NAL unit were received", () => {
  const times: number[][] = [];
  const sink: NalUnitSink = {
    push: ({ firstByteAt, lastByteAt }) => times.push([firstByteAt, lastByteAt]),
    begin() {},
    close() {},
  };
  const parser = new AnnexBParser(sink, new IssueCounter());
  const feed = (text: string, at: number) =>
    parser.push({ data: hex(text), receivedAt: microseconds(at), framing: "none" });
  feed("00 00 01", 1);
  feed("65 88", 2);
  feed("80", 3);
  feed("00 00", 4);
  feed("01 41 9a 00 00 01 09", 5);
  expect(times).toEqual([
    [2, 3],
    [5, 5],
  ]);
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { annexB, concat, cut, hex, toHex } from "../../../test/support/bytes.js";
import { p, sets } from "../../../test/support/h264/assembling.js";
import { sliceNal } from "../../../test/support/h264/coded-picture.js";
import { ppsNal } from "../../../test/support/h264/h264-syntax.js";
import type { Chunk, Framing } from "../../core/chunk.js";
import { IssueCounter } from "../../core/issues.js";
import { microseconds } from "../../core/time.js";
import { PacketHeaders } from "./packet-headers.js";

const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const u32 = (value: number, littleEndian = false) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
};
const zeros = (count: number) => new Uint8Array(count);

/** A stream of packets: the parameter sets, an IDR picture, P pictures of 256 bytes and more. */
const payloads = [
  annexB(...sets),
  annexB(sliceNal({ idr: true, payload: 900 })),
  ...Array.from({ length: 6 }, (_, index) => annexB(p(index + 1, { payload: 240 + 7 * index }))),
];

type Form = (payload: Uint8Array, index: number) => Uint8Array;
const scrcpy: Form = (payload, index) =>
  concat(
    index === 0 ? Uint8Array.of(0x80, 0, 0, 0) : zeros(4),
    u32(index * 33_333),
    u32(payload.length),
    payload,
  );
const hxvf: Form = (payload, index) =>
  concat(latin1("HXVF"), u32(payload.length, true), u32(40 * index, true), zeros(4), payload);
/** 68 bytes, of which some look like a start code and the header of a slice. */
const pave: Form = (payload, index) =>
  concat(
    ...[latin1("PaVE"), Uint8Array.of(3, 4, 68, 0), u32(payload.length, true), zeros(12)],
    ...[u32(index), Uint8Array.of(0, 0, 1, 1, 0, 0, 1, 65), zeros(32), payload],
  );
const multipart: Form = (payload) =>
  concat(latin1(`\r\n--frame\r\nContent-Length: ${payload.length}\r\n\r\n`), payload);

/** Forms in which the length is that of the packet. */
const forms: Readonly<Record<string, readonly Uint8Array[]>> = {
  scrcpy: payloads.map(scrcpy),
  "scrcpy after a device name": [latin1("Pixel".padEnd(77, "\0")), ...payloads.map(scrcpy)],
  PaVE: payloads.map(pave),
  "HXVF after HXVS": [latin1("HXVS".padEnd(16, "\x01")), ...payloads.map(hxvf)],
  "multipart after HTTP": [latin1("HTTP/1.0 200 OK\r\n\r\n"), ...payloads.map(multipart)],
  "a length": payloads.map((payload) => concat(u32(payload.length), payload)),
  "a length, low byte first": payloads.map((payload) => concat(u32(payload.length, true), payload)),
};

/** Forms in which it counts from elsewhere. */
const otherForms: Readonly<Record<string, readonly Uint8Array[]>> = {
  "a length that counts itself": payloads.map((payload) => concat(u32(payload.length + 4), payload)),
  "a length without the start code": payloads.map((payload) => concat(u32(payload.length - 4), payload)),
  "a length of header and packet": payloads.map((payload) =>
    concat(latin1("HDR:"), u32(payload.length + 12, true), latin1("v001"), payload),
  ),
};

/** What comes through in these pieces. */
function read(pieces: readonly Uint8Array[], isLive = true, framing: Framing = "none") {
  const out: Chunk[] = [];
  let skipped = 0;
  const issues = new IssueCounter();
  const sink = {
    push: (chunk: Chunk) => void out.push(chunk),
    skip: (bytes: number) => {
      skipped += bytes;
    },
  };
  const headers = new PacketHeaders(sink, issues, isLive);
  for (const data of pieces) headers.push({ data, receivedAt: microseconds(0), framing });
  headers.endOfInput();
  return { out, bytes: concat(...out.map(({ data }) => data)), skipped, issues };
}

describe("PacketHeaders", () => {
  it.each(Object.entries(forms))(
    "takes out the second header and all that follow, however the stream is cut: %s",
    (_name, packets) => {
      const stream = concat(...packets);
      const skipped = stream.length - read([stream]).bytes.length;
      const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 });
      fc.assert(
        fc.property(sizes, (cuts) => {
          const found = read(cut(stream, cuts));
          // The first header came before anything was known; the parser drops it.
          expect(toHex(found.bytes).endsWith(toHex(concat(...payloads)))).toBe(true);
          expect(found.skipped).toBe(skipped);
          expect(found.issues.list()).toMatchObject([{ code: "foreign-bytes", count: 1 }]);
        }),
        { numRuns: 30 },
      );
    },
  );

  it.each(Object.entries(otherForms))(
    "takes them out where the length counts from elsewhere and the next header comes in one piece: %s",
    (_name, packets) => {
      const header = packets[0]!.length - payloads[0]!.length;
      const whole = concat(packets[0]!.slice(0, header), ...payloads);
      expect(read(packets).bytes).toEqual(whole);
      expect(read([concat(...packets)]).bytes).toEqual(whole);
    },
  );

  it("takes a length that looks like a start code for a length", () => {
    const packets = [330, 600, 290].map((size, index) => {
      const payload = annexB(...(index === 0 ? sets : []), p(index, { payload: size }));
      return concat(zeros(8), u32(payload.length), payload);
    });
    expect(packets[0]!.slice(8, 11)).toEqual(Uint8Array.of(0, 0, 1));
    for (const stream of [packets, packets.flatMap((packet) => [packet.slice(0, 12), packet.slice(12)])])
      expect(read(stream).bytes).toEqual(
        concat(packets[0]!, ...packets.slice(1).map((packet) => packet.slice(12))),
      );
  });

  it("takes no malformed NAL unit at the beginning for a header", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 60 }), (bytes) => {
        const bad = concat(
          hex("00 00 00 01 e8"),
          bytes.map((byte) => byte | 2),
        );
        const [first, ...rest] = payloads;
        const stream = [concat(bad, first!), ...rest];
        const sizes = read(stream, true, "message").out.map(({ data }) => data.length);
        expect(sizes).toEqual(stream.map(({ length }) => length));
      }),
    );
  });

  it("is not misled by a number that leads into the parameter sets", () => {
    // The zero before the length and its first three bytes are 17. The PPS begins 10 bytes after
    // the 17th byte.
    const first = concat(hex("00000001 67640015ace8308fcb0800000300080000030190f8a155"), annexB(ppsNal()));
    const packets = [
      concat(first, payloads[1]!, new Uint8Array(4467 - first.length - payloads[1]!.length).fill(0x55)),
      ...payloads.slice(2),
    ];
    const stream = packets.map((packet, index) =>
      concat(zeros(4), u32(index * 33_333), u32(packet.length), packet),
    );
    expect(read(stream).bytes).toEqual(concat(stream[0]!, ...packets.slice(1)));
  });

  it("says how many bytes follow a picture, and with what they begin", () => {
    const said = (name: string) => read(forms[name]!).issues.list()[0]!.detail;
    expect(said("PaVE")).toBe("each picture is followed by 68 bytes beginning 'PaVE', which are no H.264");
    expect(said("scrcpy")).toContain("followed by 12 bytes beginning 00 00 00 00,");
    expect(said("multipart after HTTP")).toContain("followed by bytes beginning '--frame");
  });

  it("marks the end of a packet as the end of a message, and what precedes it as a part", () => {
    const [, second, third] = payloads.map(scrcpy);
    const { out } = read([scrcpy(payloads[0]!, 0), second!, third!.slice(0, 100), third!.slice(100)]);
    expect(out.slice(1).map(({ framing, data }) => [framing, data.length])).toEqual([
      ["message", payloads[1]!.length],
      ["part", 88],
      ["message", payloads[2]!.length - 88],
    ]);
    expect(read(payloads.map(scrcpy), false).out.every(({ framing }) => framing === "none")).toBe(true);
  });

  it("gives out a packet before anything follows it", () => {
    const packets = payloads.map(pave);
    for (let count = 1; count <= packets.length; count++)
      expect(read(packets.slice(0, count)).bytes.length).toBe(
        68 + concat(...payloads.slice(0, count)).length,
      );
  });

  it("passes a stream that begins with a start code as it came, and one of datagrams", () => {
    const pieces = cut(concat(...payloads), [7, 300]);
    const { out, skipped, issues } = read(pieces);
    expect(out.map(({ data }) => data)).toEqual(pieces);
    expect([skipped, issues.list()]).toEqual([0, []]);
    const packets = payloads.map(scrcpy);
    expect(read(packets, true, "datagram").bytes).toEqual(concat(...packets));
  });

  it("passes a stream that begins inside a picture as it came", () => {
    const anything = fc.uint8Array({ maxLength: 400 });
    fc.assert(
      fc.property(anything, (rest) => {
        const stream = concat(rest, ...payloads, ...payloads);
        expect(read(cut(stream, [100])).bytes).toEqual(stream);
      }),
      // In one stream of some thousands, four bytes happen to state where a start code is.
      { seed: 1 },
    );
  });

  it("drops packets without a start code, such as sound, and goes on with the next picture", () => {
    const sound = concat(latin1("HXAF"), u32(160, true), zeros(8), new Uint8Array(160).fill(0xd5));
    const stream = concat(
      ...payloads.flatMap((payload, index) => [hxvf(payload, index), ...(index > 1 ? [sound] : [])]),
    );
    expect(read(cut(stream, [50])).bytes).toEqual(concat(hxvf(payloads[0]!, 0), ...payloads.slice(1)));
  });

  it("goes on with the next header where a length was wrong", () => {
    const packets = payloads.map(scrcpy);
    packets[3]!.set(u32(20), 8);
    const { bytes } = read(packets);
    expect(toHex(bytes).endsWith(toHex(concat(payloads[3]!.slice(0, 20), ...payloads.slice(4))))).toBe(true);
  });

  it("believes in no headers any more once one states a length that cannot be", () => {
    const packets = payloads.map(scrcpy);
    packets[3]!.set(u32(0xffffffff), 8);
    const { bytes } = read(packets);
    expect(toHex(bytes).endsWith(toHex(concat(payloads[3]!, ...packets.slice(4))))).toBe(true);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeWithX264 } from "../../../test/support/h264/x264.js";
import { FirstBytes } from "./first-bytes.js";
import { headBytes } from "./sniff.js";

const latin1 = (text: string) => Buffer.from(text, "latin1");
const filled = (start: string, byte: number) =>
  Buffer.concat([latin1(start), Buffer.alloc(2 * headBytes, byte)]);

/** Sync bytes of an MPEG transport stream, and zeros between them. */
const transportStream = Buffer.alloc(2 * headBytes);
for (let at = 0; at < transportStream.length; at += 188) transportStream[at] = 0x47;

const foreign: Readonly<Record<string, Buffer>> = {
  transportStream,
  programStream: filled("\x00\x00\x01\xba", 0x44),
  // The length of its first box is the start code of a program stream's pack header.
  mp4: filled("\x00\x00\x01\xbaftypisom", 0),
  avi: filled("RIFF\x00\x00\x01\x00AVI ", 0),
  jpeg: filled("\xff\xd8\xff\xe0", 0xaa),
  request: latin1(`GET /publish/cam HTTP/1.1\r\n${"Accept: */*\r\n".repeat(200)}`),
  page: latin1(`\n  <!DOCTYPE html>${"<p>no camera</p>".repeat(200)}`),
  text: latin1("Error: no such camera\n".repeat(100)),
};

const pictures = encodeWithX264(
  {
    width: 320,
    height: 240,
    pictures: 4,
    preset: "veryslow",
    parameters: "keyint=1:vbv-maxrate=900:vbv-bufsize=90",
  },
  (frame) => {
    for (const plane of frame.data ?? []) plane.set(plane.map((_, at) => (at * at * 0x9e3779b1) >>> 24));
  },
);
const h264 = Buffer.concat(pictures);

/** What bytes in pieces are recognised as, and after how many bytes. */
function recognizeInPieces(data: Uint8Array, pieces: () => number) {
  const firstBytes = new FirstBytes();
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + pieces());
    const what = firstBytes.push(data.subarray(at, end)) ? firstBytes.recognize() : undefined;
    if (what !== undefined) return { what, after: end };
    at = end;
  }
  return { what: undefined, after: data.length };
}

const one = () => 1;
const few = () => 16;
const all = () => headBytes;

describe("FirstBytes", () => {
  it("recognises the same, however the bytes are cut", () => {
    const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 300 }));
    fc.assert(
      fc.property(fc.constantFrom(...Object.entries(foreign)), sizes, ([name, data], cuts) => {
        const { what } = recognizeInPieces(data, () => cuts.next().value);
        expect(what, name).toBeTypeOf("string");
        expect(what, name).toBe(recognizeInPieces(data, all).what);
      }),
    );
  });

  it("recognises a container with start codes before one of its pictures can arrive", () => {
    // An MPEG transport stream begins with its tables, a packet each.
    expect(recognizeInPieces(transportStream, one)).toMatchObject({ after: 3 * 188 + 1 });
    for (const name of ["programStream", "avi"])
      expect(recognizeInPieces(foreign[name]!, one), name).toMatchObject({ after: 12 });
  });

  it("never mistakes H.264, wherever it is joined and however short the pieces", () => {
    expect(h264.length).toBeGreaterThan(4 * headBytes);
    expect(h264.toString("latin1")).toContain("x264 - core");
    for (let at = 0; at < 3 * headBytes; at += 29)
      expect(recognizeInPieces(h264.subarray(at, at + headBytes), few).what, `from ${at}`).toBeUndefined();
  });

  it("does not mistake a slice for gzip because of two bytes", () => {
    expect(recognizeInPieces(filled("\x1f\x8b\x77\x1c", 0xe3), all).what).toBeUndefined();
    expect(recognizeInPieces(filled("\x1f\x8b\x08\x00", 0xe3), all).what).toMatch(/gzip/);
  });

  it("counts all bytes, keeps the first ones, and describes them at the end", () => {
    const firstBytes = new FirstBytes();
    expect(firstBytes.push(latin1("Error: no "))).toBe(true);
    expect(firstBytes.push(latin1("such camera"))).toBe(true);
    expect(firstBytes.recognize()).toBeUndefined();
    expect(firstBytes.describe()).toMatch(/^text \("Error: no such camera…"\); check the address/);
    expect(firstBytes.push(new Uint8Array(headBytes))).toBe(true);
    expect(firstBytes.push(new Uint8Array(5))).toBe(false);
    expect(firstBytes.bytes).toBe(21 + headBytes + 5);
  });

  it("recognises text that begins in ASCII and continues in UTF-8", () => {
    const firstBytes = new FirstBytes();
    firstBytes.push(
      Buffer.from(`${"Who sends this does not know what is asked for. ".repeat(2)} Schöne Grüße!`),
    );
    expect(firstBytes.describe()).toMatch(/^text/);
  });
});

import { describe, expect, it } from "vitest";
import { annexB, concat, hex } from "../../../test/support/bytes.js";
import { parameterSets, sliceNal } from "../../../test/support/h264/coded-picture.js";
import { encodeTestPictures } from "../../../test/support/h264/x264.js";
import { describeWrapped, recognizeWrapped } from "./wrapped-h264.js";

const clip = encodeTestPictures({
  width: 320,
  height: 240,
  pictures: 9,
  preset: "fast",
  parameters: "keyint=3",
});
const stream = concat(...clip);
const sei = hex("06 05 04 01 02 03 04 80");
const pictures = [0, 1, 2].map((index) => sliceNal({ idr: index === 0, frameNum: index, payload: 700 }));

function withLengths(...nals: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...nals.flatMap((nal) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, nal.length);
      return [length, nal];
    }),
  );
}

/** As a terminal or `adb shell` carries bytes. */
const throughText = Uint8Array.from([...stream].flatMap((byte) => (byte === 10 ? [13, 10] : [byte])));
const hevcSets = ["40 01 0c 01 ff ff", "42 01 01 01 60 00", "44 01 c1 72 b4 62"].map(hex);
const hevcSlices = ["26 01 af 09 40 f3", "02 01 d0 09 7e 10", "02 01 e0 24 9f 82"].map(hex);

describe("recognizeWrapped", () => {
  it.each([
    [
      "lengths instead of start codes",
      withLengths(...parameterSets(), ...pictures),
      /^H.264 with lengths .* 00 00 00 01 in place of each length/,
    ],
    ["lengths, with an SEI first", withLengths(sei, ...pictures), /^H.264 with lengths/],
    [
      "lengths after parameter sets with start codes",
      concat(annexB(...parameterSets()), withLengths(sei, ...pictures)),
      /^H.264 in which only the parameter sets have start codes/,
    ],
    ["a 0D before each 0A", throughText, /^H.264 that went through a text mode.*adb exec-out/],
    ["HEVC", annexB(...hevcSets, ...hevcSlices), /^H.265 \(HEVC\); set the sender to H.264/],
  ])("names what is nearly H.264, and says what to do: %s", (_, bytes, named) => {
    expect(recognizeWrapped(bytes.subarray(0, 4096))).toMatch(named);
  });

  it("names no H.264, from wherever it is received", () => {
    for (let at = 0; at + 4096 < stream.length; at += 3)
      expect(recognizeWrapped(stream.subarray(at, at + 4096)), `from ${at}`).toBeUndefined();
  });

  it("takes no lines of text in front of pictures for a text mode", () => {
    const part = `--frame\r\nContent-Type: video/h264\r\nContent-Length: 9\r\nX-Time: 1\r\n\r\n`;
    const bytes = clip.flatMap((picture) => [Buffer.from(part), picture]);
    expect(recognizeWrapped(concat(...bytes).subarray(0, 4096))).toBeUndefined();
  });
});

describe("describeWrapped", () => {
  it("also names what is only likely: pictures alone, with lengths or of HEVC", () => {
    expect(describeWrapped(withLengths(...pictures))).toMatch(/^H.264 with lengths/);
    expect(describeWrapped(annexB(...hevcSlices))).toMatch(/^H.265/);
    expect(describeWrapped(stream.subarray(0, 4096))).toBeUndefined();
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, inflateSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import {
  packed,
  quarters,
  type TestFrame,
  type Triple,
  toYuv,
  yuv420p,
} from "../../../test/display/pictures.js";
import { encodePng } from "./png.js";
import { savePng, saveSnapshot } from "./snapshot.js";

const folder = mkdtempSync(join(tmpdir(), "nalive-snapshot-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads a PNG of filter types 0 and 1 back, and checks its sums. */
function decodePng(png: Uint8Array) {
  const bytes = Buffer.from(png);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(bytes.subarray(at + 4, at + 8 + length)));
    chunks.set(bytes.toString("latin1", at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const header = chunks.get("IHDR")!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const channels = { 0: 1, 2: 3, 6: 4 }[header[9]!]!;
  const rows = inflateSync(chunks.get("IDAT")!);
  const rowLength = width * channels + 1;
  expect(rows).toHaveLength(rowLength * height);
  const at = (x: number, y: number): number[] => {
    const row = rows.subarray(y * rowLength + 1, (y + 1) * rowLength);
    const sum = Array<number>(channels).fill(0);
    for (let i = row[-1] === 0 ? x * channels : 0; i < (x + 1) * channels; i++) sum[i % channels]! += row[i]!;
    return sum.map((value) => value & 255);
  };
  return { width, height, channels, chunks, at };
}

const corners = (picture: { at(x: number, y: number): number[] }, width: number, height: number) => [
  picture.at(0, 0),
  picture.at(width - 1, 0),
  picture.at(0, height - 1),
  picture.at(width - 1, height - 1),
];

const expectClose = (actual: number[], expected: readonly number[], tolerance: number) => {
  for (const [i, value] of expected.entries())
    expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance);
};

describe("a PNG", () => {
  test.each([
    [
      "rgb24",
      ([r, g, b]: Triple) => [r, g, b],
      [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [255, 255, 255],
      ],
    ],
    [
      "bgr24",
      ([r, g, b]: Triple) => [b, g, r],
      [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [255, 255, 255],
      ],
    ],
    [
      "rgba",
      ([r, g, b]: Triple) => [r, g, b, 128],
      [
        [255, 0, 0, 128],
        [0, 255, 0, 128],
        [0, 0, 255, 128],
        [255, 255, 255, 128],
      ],
    ],
    ["gray8", ([r]: Triple) => [r], [[255], [0], [0], [255]]],
  ] as const)("of a %s frame has its pixels", async (format, bytes, expected) => {
    const picture = decodePng(await encodePng(packed(format, 7, 5, (x, y) => bytes(quarters(x, y)))));
    expect([picture.width, picture.height, picture.channels]).toEqual([7, 5, expected[0].length]);
    expect(corners(picture, 7, 5)).toEqual(expected);
  });

  test.each([
    ["bt601", 6, 480],
    ["bt709", 1, 480],
    ["bt2020", 9, 480],
    ["bt601", 2, 720],
  ] as const)(
    "of a yuv420p frame in %s (matrix_coefficients %i, %i lines) has its colours",
    async (matrix, matrixCoefficients, height) => {
      for (const fullRange of [false, true]) {
        const paint = (x: number, y: number) => toYuv(quarters(x, y), matrix, fullRange);
        const frame = yuv420p(31, height, paint, { color: { matrixCoefficients, fullRange } });
        const picture = decodePng(await encodePng(frame));
        for (const [i, color] of corners(picture, 31, height).entries()) {
          expectClose(color, quarters(i % 2 ? 0.9 : 0, i > 1 ? 0.9 : 0), 3);
        }
      }
    },
  );

  test("says the shape of pixels that are not square", async () => {
    const shape = { width: 64, height: 45 };
    const { chunks } = decodePng(
      await encodePng(packed("gray8", 2, 2, () => [0], { sampleAspectRatio: shape })),
    );
    expect(chunks.get("pHYs")!.toString("hex")).toBe("0000002d" + "00000040" + "00");
  });

  test("needs its frame during the call only", async () => {
    const frame = packed("gray8", 2, 2, () => [9]);
    const png = encodePng(frame);
    frame.close();
    expect(decodePng(await png).at(1, 1)).toEqual([9]);
  });

  test("is not made of other formats", async () => {
    await expect(encodePng(packed("yuv420p10le", 2, 2, () => [0, 0]))).rejects.toMatchObject({
      code: "NALIVE_INVALID_ARGUMENT",
    });
  });
});

describe("a snapshot", () => {
  const frame: TestFrame = packed("rgb24", 4, 4, (x, y) => quarters(x, y));
  const time = new Date(2031, 0, 2, 3, 4, 5, 6);

  test("is named after its time and never overwrites another", async () => {
    const paths = [await saveSnapshot(frame, folder, time), await saveSnapshot(frame, folder, time)];
    const names = ["nalive-20310102-030405-006.png", "nalive-20310102-030405-006-2.png"];
    expect(paths).toEqual(names.map((name) => join(folder, name)));
    expect(readdirSync(folder).sort()).toEqual(names.sort());
    expect(decodePng(readFileSync(paths[0]!)).at(0, 0)).toEqual([255, 0, 0]);
  });

  test("says what is wrong with its folder", async () => {
    const missing = join(folder, "missing");
    await expect(saveSnapshot(frame, missing, time)).rejects.toMatchObject({
      code: "NALIVE_OUTPUT_FAILED",
      message: expect.stringContaining("the folder does not exist"),
    });
    const file = join(folder, "file");
    writeFileSync(file, "");
    await expect(saveSnapshot(frame, file, time)).rejects.toThrow("a part of the path is not a folder");
    await expect(savePng(frame, file)).rejects.toThrow("the file exists and is not overwritten");
  });
});

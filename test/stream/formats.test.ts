import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { missing, why } from "../cli/run-cli.js";
import { blue, green, red, type Triple, toYuv, white } from "../display/pictures.js";
import { clip, type Frame, open, temporary, upTo } from "./stream-kit.js";

const noFfmpeg = missing("ffmpeg");
const quiet = ["-nostdin", "-y", "-loglevel", "error"];

async function firstFrame(path: string, format: Parameters<typeof open>[1]): Promise<Frame> {
  for await (const frame of open(path, format)) return frame.clone();
  throw new Error("there was no frame");
}

async function allBytes(path: string): Promise<{ bytes: Buffer; first: Frame }> {
  const frames: Frame[] = [];
  for await (const frame of open(path, { format: "native" })) frames.push(frame.clone());
  return { bytes: Buffer.concat(frames.map(({ data }) => data)), first: frames[0]! };
}

describe("each format lies in memory as it says: planes in order, no padding", () => {
  // Coded as 336 x 192: cropping is needed in both directions.
  const [width, height] = [322, 182];
  it.each([
    ["bgr24", "bgr24", [[0, width * 3, height]]],
    ["rgb24", "rgb24", [[0, width * 3, height]]],
    ["rgba", "rgba", [[0, width * 4, height]]],
    ["gray8", "gray8", [[0, width, height]]],
    ...(["yuv420p", "native"] as const).map(
      (format) =>
        [
          format,
          "yuv420p",
          [
            [0, width, height],
            [width * height, width / 2, height / 2],
            [(width * height * 5) / 4, width / 2, height / 2],
          ],
        ] as const,
    ),
  ] as const)("%s", async (format, pixelFormat, planes) => {
    const { path } = await clip(`size=${width}x${height}&frames=2&bitrate=1M`);
    const frame = await firstFrame(path, { format });
    expect(frame).toMatchObject({ pixelFormat, width, height, stride: planes[0]![1] });
    expect(frame.planes).toEqual(planes.map(([offset, stride, rows]) => ({ offset, stride, height: rows })));
    const [offset, stride, rows] = planes.at(-1)!;
    expect(frame.data).toHaveLength(offset + stride * rows);
  });

  it("packed formats hold the same colours in their own order", async () => {
    const { path } = await clip(`size=${width}x${height}&frames=2&bitrate=1M`);
    const [bgr, rgb, rgba] = await Promise.all(
      (["bgr24", "rgb24", "rgba"] as const).map(async (format) => (await firstFrame(path, { format })).data),
    );
    let differences = 0;
    for (let at = 0; at < width * height; at++) {
      const isSame =
        [0, 1, 2].every(
          (c) => rgb![at * 3 + c] === bgr![at * 3 + 2 - c] && rgb![at * 3 + c] === rgba![at * 4 + c],
        ) && rgba![at * 4 + 3] === 255;
      if (!isSame) differences++;
    }
    expect(differences).toBe(0);
  });
});

describe.skipIf(noFfmpeg)(`colours${why(noFfmpeg)}`, () => {
  const colors = { red, green, blue, white, brown: [120, 80, 40] as Triple };
  const side = 64;

  /** A clip of one colour, coded with this matrix and range, which the SPS states if `stated`. */
  function flat(
    color: Triple,
    matrix: "bt601" | "bt709",
    fullRange: boolean,
    stated: boolean,
    lines = side,
  ): string {
    const path = temporary(`flat-${color.join("-")}-${matrix}-${fullRange}-${stated}-${lines}.h264`);
    const [y, u, v] = toYuv(color, matrix, fullRange);
    const luma = side * lines;
    const picture = Buffer.concat([
      Buffer.alloc(luma, y),
      Buffer.alloc(luma / 4, u),
      Buffer.alloc(luma / 4, v),
    ]);
    const name = matrix === "bt601" ? "smpte170m" : "bt709";
    const params = stated ? `:colormatrix=${name}:fullrange=${fullRange ? "on" : "off"}` : "";
    execFileSync(
      "ffmpeg",
      [
        ...["-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${side}x${lines}`],
        ...[
          "-i",
          "-",
          "-c:v",
          "libx264",
          "-qp",
          "1",
          "-x264-params",
          `bframes=0${params}`,
          "-f",
          "h264",
          path,
        ],
      ],
      { input: Buffer.concat([picture, picture]) },
    );
    return path;
  }

  const expectColor = (frame: Frame, color: Triple) => {
    const pixels = frame.data.length / 3;
    for (const at of [0, Math.floor(pixels / 2), pixels - 1]) {
      const actual = frame.data.subarray(at * 3, at * 3 + 3);
      const off = Math.max(...color.map((value, channel) => Math.abs(value - actual[channel]!)));
      expect(off, `${[...actual]} instead of ${color}`).toBeLessThanOrEqual(3);
    }
  };

  for (const matrix of ["bt601", "bt709"] as const)
    for (const fullRange of [false, true])
      it(`of ${matrix} in ${fullRange ? "full" : "limited"} range come out as they went in`, async () => {
        for (const color of Object.values(colors)) {
          const path = flat(color, matrix, fullRange, true);
          const frame = await firstFrame(path, { format: "rgb24" });
          expectColor(frame, color);
          expect(frame.color).toMatchObject({ matrixCoefficients: matrix === "bt601" ? 6 : 1, fullRange });
        }
      });

  it("that the stream does not state count as BT.601 in limited range, as in FFmpeg and OpenCV", async () => {
    for (const lines of [side, 736]) {
      const frame = await firstFrame(flat(red, "bt601", false, false, lines), { format: "rgb24" });
      expectColor(frame, red);
      expect(frame.color).toMatchObject({ matrixCoefficients: 2, fullRange: false });
    }
  });

  it("grey is the luma in full range", async () => {
    for (const fullRange of [false, true]) {
      const frame = await firstFrame(flat(white, "bt601", fullRange, true), { format: "gray8" });
      expect(frame.data[0]).toBeGreaterThanOrEqual(252);
    }
  });

  it("keep their matrix and range in yuv420p", async () => {
    const frame = await firstFrame(flat(red, "bt709", true, true), { format: "yuv420p" });
    const [y, u, v] = toYuv(red, "bt709", true);
    const [luma, cb, cr] = frame.planes.map(({ offset }) => frame.data[offset]!);
    for (const [actual, expected] of [
      [luma, y],
      [cb, u],
      [cr, v],
    ] as const)
      expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(2);
  });
});

/** What libx264 of this machine takes. */
const encodes = noFfmpeg
  ? ""
  : spawnSync("ffmpeg", ["-hide_banner", "-h", "encoder=libx264"]).stdout.toString();

describe("native frames are what was decoded, sample by sample", () => {
  const cases: readonly [name: string, pixelFormat: string, size: string, ...options: string[]][] = [
    ["4:2:0", "yuv420p", "178x142"],
    ["4:2:0 with many B pictures", "yuv420p", "178x142", "-bf", "5", "-b_strategy", "0"],
    ["4:2:0 in several slices", "yuv420p", "178x142", "-slices", "4"],
    ["4:2:0, interlaced", "yuv420p", "178x144", "-flags", "+ildct+ilme"],
    ["4:2:0, 10 bits", "yuv420p10le", "178x142"],
    ["4:2:2", "yuv422p", "178x141"],
    ["4:2:2, 10 bits", "yuv422p10le", "178x141"],
    ["4:4:4, odd size", "yuv444p", "177x141"],
    ["4:4:4, 10 bits, odd size", "yuv444p10le", "177x141"],
    ["monochrome, odd size", "gray", "177x141"],
    ["monochrome, 10 bits, odd size", "gray10le", "177x141"],
    ["lossless", "yuv444p", "177x141", "-qp", "0"],
  ];

  for (const [name, pixelFormat, size, ...options] of cases) {
    const skip =
      noFfmpeg ?? (new RegExp(`\\b${pixelFormat}\\b`).test(encodes) ? undefined : "libx264 cannot");
    it.skipIf(skip)(`${name}${why(skip)}`, async () => {
      const path = temporary(`native-${name.replace(/\W+/g, "-")}.h264`);
      execFileSync("ffmpeg", [
        ...quiet,
        ...["-f", "lavfi", "-i", `testsrc=size=${size}:rate=25`, "-frames:v", "14", "-pix_fmt", pixelFormat],
        ...["-c:v", "libx264", "-preset", "medium", "-g", "9", ...options, "-f", "h264", path],
      ]);
      const expected = execFileSync(
        "ffmpeg",
        [...[...quiet, "-i", path, "-vsync", "passthrough", "-f", "rawvideo"], "-"],
        { maxBuffer: 1 << 28 },
      );
      const { bytes, first } = await allBytes(path);
      expect(bytes.equals(expected)).toBe(true);
      // FFmpeg decodes monochrome as 4:2:0 without colour, and names full range apart.
      const decodedAs = pixelFormat.replace(/^gray(10le)?$/, "yuv420p$1");
      const [width, height] = size.split("x").map(Number);
      expect(first).toMatchObject({ width, height });
      expect(first.pixelFormat.replace("yuvj", "yuv")).toBe(decodedAs);
      expect(first.stride).toBe(width! * (pixelFormat.endsWith("10le") ? 2 : 1));
      expect(first.planes).toHaveLength(3);
    });
  }

  it.skipIf(noFfmpeg)(`converts odd sizes whole: 177 x 141${why(noFfmpeg)}`, async () => {
    const path = temporary("odd.h264");
    execFileSync("ffmpeg", [
      ...[...quiet, "-f", "lavfi", "-i", "testsrc=size=177x141:rate=25", "-frames:v", "2"],
      ...["-pix_fmt", "yuv444p", "-c:v", "libx264", "-f", "h264", path],
    ]);
    const convertedTo = (format: string) =>
      execFileSync("ffmpeg", [
        ...[...quiet, "-i", path, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", format, "-"],
      ]);
    for (const format of ["bgr24", "rgba", "gray8", "yuv420p"] as const) {
      const { data, stride, planes } = await firstFrame(path, { format });
      const expected = convertedTo(format === "gray8" ? "gray" : format);
      expect(data).toHaveLength(expected.length);
      expect(stride).toBe(177 * ({ bgr24: 3, rgba: 4 }[format as string] ?? 1));
      if (format === "yuv420p") expect(planes[1]).toEqual({ offset: 177 * 141, stride: 89, height: 71 });
      // Rounding may differ between versions of FFmpeg, and grey is limited range there.
      const off =
        upTo(data.length).reduce((sum, at) => sum + Math.abs(data[at]! - expected[at]!), 0) / data.length;
      expect(off, format).toBeLessThan(format === "gray8" ? 20 : 1.5);
    }
  });
});

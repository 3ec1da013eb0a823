import { describe, expect, it } from "vitest";
import { PixelConverter } from "../../../../dist/node/decode/pixels/pixel-converter.js";
import {
  AV_FRAME_FLAG_INTERLACED,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_SPC_BT709,
  AVCOL_SPC_UNSPECIFIED,
  type AVColorSpace,
  type AVPixelFormat,
  AvFrame,
} from "../../../../dist/node/ffmpeg.js";

/** A picture of one colour. Its rows are padded with another one. */
function flatFrame(width: number, height: number, format: AVPixelFormat = AV_PIX_FMT_YUV420P): AvFrame {
  const frame = new AvFrame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = format;
  frame.getBuffer(64);
  for (const [index, value] of [126, 100, 150].entries()) {
    const [plane, stride] = [frame.data![index]!, frame.linesize[index]!];
    const [columns, rows] = index === 0 ? [width, height] : [Math.ceil(width / 2), Math.ceil(height / 2)];
    plane.fill(0xff);
    for (let row = 0; row < rows; row++) plane.fill(value, row * stride, row * stride + columns);
  }
  return frame;
}

/** A picture of noise. */
function noise(width: number, height: number, format: AVPixelFormat, matrix: AVColorSpace): AvFrame {
  const frame = flatFrame(width, height, format);
  let state = width * height;
  for (const plane of frame.data!) {
    for (let at = 0; at < plane.length; at++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      plane[at] = state >>> 24;
    }
  }
  frame.colorSpace = matrix;
  return frame;
}

function convert(converter: PixelConverter, frame: AvFrame): Uint8Array {
  const target = new Uint8Array(converter.layoutOf(frame).size);
  converter.convert(frame, target);
  return target;
}

describe("PixelConverter", () => {
  it.each(["bgr24", "rgb24", "rgba", "gray8"] as const)(
    "writes every pixel of every width and height to %s, and not a byte more",
    (format) => {
      for (let width = 2; width <= 70; width++) {
        const height = 2 + (width % 5);
        const converter = new PixelConverter(format);
        const frame = flatFrame(width, height);
        const { size } = converter.layoutOf(frame);
        const target = new Uint8Array(size + 8).fill(0x11);
        converter.convert(frame, target);
        const pixelBytes = size / (width * height);
        // swscale converts rows in two ways, whose rounding differs by up to 2.
        for (let at = pixelBytes; at < size; at++) {
          const isClose = Math.abs(target[at]! - target[at % pixelBytes]!) <= 2;
          if (!isClose) expect.fail(`byte ${at} of ${width}x${height} is ${target[at]}`);
        }
        expect([...target.subarray(size)]).toEqual(Array(8).fill(0x11));
        frame.free();
        converter.close();
      }
    },
  );

  it.each(["native", "yuv420p"] as const)("copies planes without their padding to %s", (format) => {
    const converter = new PixelConverter(format);
    const frame = flatFrame(35, 21);
    const { planes, size } = converter.layoutOf(frame);
    expect(planes.map(({ offset, stride, height }) => [offset, stride, height])).toEqual([
      [0, 35, 21],
      [735, 18, 11],
      [933, 18, 11],
    ]);
    const target = new Uint8Array(size);
    converter.convert(frame, target);
    expect(
      planes.map(({ offset, stride, height }) => new Set(target.subarray(offset, offset + stride * height))),
    ).toEqual([126, 100, 150].map((value) => new Set([value])));
    frame.free();
    converter.close();
  });

  it.each(["bgr24", "rgb24", "rgba", "gray8"] as const)(
    "converts interlaced frames to %s like progressive ones",
    (format) => {
      const [progressive, interlaced] = [false, true].map((isInterlaced) => {
        const converter = new PixelConverter(format);
        const frame = flatFrame(64, 48);
        if (isInterlaced) frame.setFlags(AV_FRAME_FLAG_INTERLACED);
        const target = new Uint8Array(converter.layoutOf(frame).size);
        converter.convert(frame, target);
        frame.free();
        converter.close();
        return Buffer.from(target).toString("hex");
      });
      expect(interlaced).toBe(progressive);
      expect(progressive).not.toMatch(/^0+$/);
    },
  );

  it("follows a change of size", () => {
    const converter = new PixelConverter("bgr24");
    for (const [width, height] of [
      [64, 48],
      [320, 180],
      [16, 16],
      [322, 182],
    ] as const) {
      const frame = flatFrame(width, height);
      const layout = converter.layoutOf(frame);
      expect(layout).toMatchObject({ pixelFormat: "bgr24", width, height, size: width * height * 3 });
      expect(converter.layoutOf(frame)).toBe(layout);
      converter.convert(frame, new Uint8Array(layout.size));
      frame.free();
    }
    converter.close();
  });

  it("writes the same bytes as a new converter after a change of size, matrix or range", () => {
    const converter = new PixelConverter("bgr24");
    for (const [width, height, format, matrix] of [
      [1280, 720, AV_PIX_FMT_YUV420P, AVCOL_SPC_BT709],
      [1280, 720, AV_PIX_FMT_YUV420P, AVCOL_SPC_UNSPECIFIED],
      [640, 480, AV_PIX_FMT_YUVJ420P, AVCOL_SPC_UNSPECIFIED],
      [1280, 720, AV_PIX_FMT_YUV420P, AVCOL_SPC_BT709],
    ] as const) {
      const frame = noise(width, height, format, matrix);
      const other = new PixelConverter("bgr24");
      expect(Buffer.compare(convert(converter, frame), convert(other, frame))).toBe(0);
      other.close();
      frame.free();
    }
    converter.close();
  });
});

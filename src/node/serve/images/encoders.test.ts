import { describe, expect, it } from "vitest";
import { AV_FRAME_FLAG_INTERLACED, AV_PIX_FMT_YUV420P, AvFrame } from "../../../../dist/node/ffmpeg.js";
import { JpegEncoder } from "../../../../dist/node/serve/images/jpeg-encoder.js";
import { PngEncoder } from "../../../../dist/node/serve/images/png-encoder.js";

function flatFrame(): AvFrame {
  const frame = new AvFrame();
  frame.alloc();
  frame.width = 64;
  frame.height = 48;
  frame.format = AV_PIX_FMT_YUV420P;
  frame.getBuffer();
  for (const [index, value] of [126, 100, 150].entries()) frame.data![index]!.fill(value);
  return frame;
}

describe.each([
  ["JpegEncoder", JpegEncoder],
  ["PngEncoder", PngEncoder],
])("%s", (_name, Encoder) => {
  it("encodes an interlaced picture to the same image as a progressive one", async () => {
    const images: string[] = [];
    for (const isInterlaced of [false, true]) {
      const frame = flatFrame();
      if (isInterlaced) frame.setFlags(AV_FRAME_FLAG_INTERLACED);
      const encoder = new Encoder();
      images.push(Buffer.from(await encoder.encode(frame)).toString("hex"));
      encoder.close();
      frame.free();
    }
    expect(images[1]).toBe(images[0]);
  });

  it("needs its picture only during the call", async () => {
    const frame = flatFrame();
    const encoder = new Encoder();
    const image = encoder.encode(frame);
    frame.data![0]!.fill(0);
    frame.free();
    encoder.close();
    const again = new Encoder();
    expect(Buffer.compare(await image, await again.encode(flatFrame()))).toBe(0);
    again.close();
  });
});

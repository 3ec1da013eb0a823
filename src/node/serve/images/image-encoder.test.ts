import { describe, expect, it } from "vitest";
import { AV_FRAME_FLAG_INTERLACED, AV_PIX_FMT_YUV420P, AvFrame } from "../../../../dist/node/ffmpeg.js";
import { ImageEncoder } from "../../../../dist/node/serve/images/image-encoder.js";

describe("ImageEncoder", () => {
  it.each(["jpeg", "png"] as const)(
    "makes the same %s of an interlaced picture as of a progressive one",
    (format) => {
      const [progressive, interlaced] = [false, true].map((isInterlaced) => {
        const frame = new AvFrame();
        frame.alloc();
        frame.width = 64;
        frame.height = 48;
        frame.format = AV_PIX_FMT_YUV420P;
        frame.getBuffer();
        for (const [index, value] of [126, 100, 150].entries()) frame.data![index]!.fill(value);
        if (isInterlaced) frame.setFlags(AV_FRAME_FLAG_INTERLACED);
        const encoder = new ImageEncoder(format);
        const image = Buffer.from(encoder.encode(frame));
        encoder.close();
        frame.free();
        return image.toString("hex");
      });
      expect(interlaced).toBe(progressive);
    },
  );
});

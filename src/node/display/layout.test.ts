import { expect, test } from "vitest";
import { displaySize, letterbox, limit } from "./layout.js";

const size = (width: number, height: number) => ({ width, height });
const picture = (width: number, height: number, across: number, down: number) => ({
  ...size(width, height),
  sampleAspectRatio: size(across, down),
});

test("a picture with square pixels keeps its size", () => {
  expect(displaySize(picture(1280, 720, 1, 1))).toEqual(size(1280, 720));
});

test("pixels that are not square change the width", () => {
  expect(displaySize(picture(720, 576, 64, 45))).toEqual(size(1024, 576));
  expect(displaySize(picture(1920, 1080, 1, 2))).toEqual(size(960, 1080));
});

test("a sample aspect ratio of zero counts as square", () => {
  expect(displaySize(picture(640, 480, 0, 0))).toEqual(size(640, 480));
  expect(displaySize(picture(640, 480, 0, 1))).toEqual(size(640, 480));
});

test("a tall window has bars above and below the picture, a wide one left and right", () => {
  expect(letterbox(size(1280, 720), size(640, 640))).toEqual({ x: 0, y: 140, ...size(640, 360) });
  expect(letterbox(size(640, 480), size(1920, 1080))).toEqual({ x: 240, y: 0, ...size(1440, 1080) });
});

test("a picture never vanishes, whatever the shapes", () => {
  expect(letterbox(size(10_000, 1), size(100, 100))).toEqual({ x: 0, y: 49, ...size(100, 1) });
});

test("only a picture larger than the screen shrinks", () => {
  expect(limit(size(640, 480), size(1920, 1080))).toEqual(size(640, 480));
  expect(limit(size(3840, 2160), size(1920, 1040))).toEqual(size(1849, 1040));
});

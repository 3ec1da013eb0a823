import { describe, expect, it } from "vitest";
import { encodeTestPictures } from "../../../test/support/h264/x264.js";
import { receive } from "../../../test/support/receiving.js";
import type { Framing } from "../../core/chunk.js";
import type { SliceChecking } from "./picture-check.js";

const clip = (parameters: string) =>
  encodeTestPictures({ width: 320, height: 240, pictures: 6, preset: "fast", parameters });
/** Pictures of more than 4 KiB, and smaller ones. */
const large = clip("keyint=1:qp=18:cabac=1");
const small = clip("keyint=6:qp=30:cabac=1");

/** The same with a run of zero bytes in every picture but the first two. */
function zeroed(pictures: readonly Uint8Array[]): Uint8Array[] {
  return pictures.map((picture, index) => {
    const half = picture.length >> 1;
    return index < 2 ? picture : picture.slice().fill(0, half, half + 20);
  });
}

/** How many pictures are found broken. */
function broken(
  pictures: readonly Uint8Array[],
  checkSlices: SliceChecking,
  isLive = true,
  framing: Framing = "none",
) {
  const { units, clock, input, send } = receive({ isLive, checkSlices });
  for (const picture of pictures) {
    send(picture, framing);
    clock.advance(33);
  }
  input.close();
  const final = units.items.filter(({ sequence }, index) => units.items[index + 1]?.sequence !== sequence);
  expect(final.length).toBe(pictures.length);
  return final.filter((unit) => unit.broken).length;
}

describe("PictureCheck: which pictures are read", () => {
  it("auto: small ones, and of a file the last one", () => {
    expect(Math.min(...large.map(({ length }) => length))).toBeGreaterThan(4096);
    expect(broken(zeroed(small), "auto")).toBe(4);
    expect(broken(zeroed(large), "auto")).toBe(0);
    expect(broken(zeroed(small), "auto", false)).toBe(1);
  });

  it("all: every one, on any transport and of files, also once messages are trusted to end pictures", () => {
    const messages = [...large, ...large, ...zeroed(large)];
    expect(broken(zeroed(large), "all")).toBe(4);
    expect(broken(messages, "all", true, "message")).toBe(4);
    expect(broken(zeroed(large), "all", true, "datagram")).toBe(4);
    expect(broken(zeroed(large), "all", false)).toBe(4);
    expect(broken(large, "all")).toBe(0);
  });

  it("none: not one", () => {
    expect(broken(zeroed(small), "none")).toBe(0);
    expect(broken(zeroed(small), "none", true, "datagram")).toBe(0);
  });
});

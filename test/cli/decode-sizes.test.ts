import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { clip, temporary } from "../stream/stream-kit.js";
import { cli } from "./run-cli.js";

const frames = 40;
const sized = (size: string) => clip(`size=${size}&frames=${frames}&gop=20&bitrate=200k`);

it.each([
  ["bgr24", 3],
  ["native", 1.5],
])("nalive decode says at which byte its %s frames change their size", async (format, bytesPerPixel) => {
  const clips = await Promise.all(["128x96", "176x144", "128x96"].map(sized));
  const source = temporary(`sizes-${format}.h264`);
  writeFileSync(source, Buffer.concat(clips.map(({ bytes }) => bytes)));
  const { stdout, stderr } = await cli("decode", source, "--format", format);
  const small = frames * 128 * 96 * bytesPerPixel;
  const large = frames * 176 * 144 * bytesPerPixel;
  expect(stdout).toHaveLength(small + large + small);
  const said = stderr.matchAll(/From byte (\d+) on, frames are (\d+x\d+) .* instead of (\d+x\d+)/g);
  expect(Array.from(said, ([, at, after, before]) => [Number(at), after, before])).toEqual([
    [small, "176x144", "128x96"],
    [small + large, "128x96", "176x144"],
  ]);
});

it("nalive decode says nothing about frames of one size", async () => {
  const { path } = await sized("128x96");
  expect((await cli("decode", path)).stderr).toBe("");
});

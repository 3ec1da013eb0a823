import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { IssueCounter } from "../../../../dist/core/issues.js";
import { type AccessUnit, isBareIntra } from "../../../../dist/h264/access-unit.js";
import { FfmpegDecoder, type FfmpegPicture } from "../../../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { clipWithoutSei } from "../../../../test/support/h264/refreshed-clip.js";

const refresh = 10;
const frames = 60;

/** MD5 of each picture that was output, by sequence number. */
function shown(units: Iterable<AccessUnit>) {
  const pictures = new Map<number, string>();
  const issues = new IssueCounter();
  const push = ({ frame, unit }: FfmpegPicture) => void pictures.set(unit.sequence, md5(frame));
  const decoder = new FfmpegDecoder({ push, close: () => undefined }, issues);
  for (const unit of units) decoder.push(unit);
  decoder.close();
  return { pictures, issues };
}

function md5(avFrame: FfmpegPicture["frame"]): string {
  const hash = createHash("md5");
  const planes = avFrame.data!;
  for (const plane of [0, 1, 2]) {
    const scale = plane === 0 ? 1 : 2;
    const stride = avFrame.linesize[plane]!;
    for (let row = 0; row < avFrame.height / scale; row++)
      hash.update(planes[plane]!.subarray(row * stride, row * stride + avFrame.width / scale));
  }
  return hash.digest("hex");
}

/** What is shown after picture `lost` was lost, compared with the sound stream. */
function afterLoss(units: readonly AccessUnit[], lost: number, received: readonly AccessUnit[]) {
  const right = shown(units).pictures;
  const { pictures, issues } = shown(received);
  const sequences = [...pictures.keys()].filter((sequence) => sequence > lost);
  return {
    torn: [...pictures]
      .filter(([sequence, sum]) => right.get(sequence) !== sum)
      .map(([sequence]) => sequence),
    first: sequences[0],
    all: sequences.length,
    issues,
  };
}

const streams = {
  CABAC: "",
  CAVLC: "cabac=0",
  "three reference frames": "ref=3",
  "constrained intra prediction": "constrained-intra=1",
  "several slices": "slices=3",
  "no loop filter": "no-deblock=1",
  "no transform of 8x8, all partitions": "8x8dct=0:partitions=all:me=umh:subme=7",
};

describe.each(Object.entries(streams))("gradual refresh without SEI: %s", (_, options) => {
  const units = clipWithoutSei({
    x264: `intra-refresh=1:keyint=${refresh}:scenecut=0:${options}`,
    frames,
    height: 90,
  });

  it.each([3, 7, 12, 16])(
    "after picture %d is lost, shows only what is right, within four refreshes",
    (lost) => {
      const after = afterLoss(
        units,
        lost,
        units.filter(({ sequence }) => sequence !== lost),
      );
      expect(after.torn).toEqual([]);
      expect(after.first).toBeLessThanOrEqual(lost + 4 * refresh);
      expect(after.all).toBe(frames - after.first!);
      expect(after.issues.count("held-back")).toBe(after.first! - lost - 1);
    },
  );

  it("can be joined between IDR pictures", () => {
    const after = afterLoss(units, 13, units.slice(14));
    expect(after.torn).toEqual([]);
    expect(after.first).toBeLessThanOrEqual(13 + 4 * refresh);
    expect(after.issues.count("before-random-access-point")).toBe(after.first! - 14);
  });
});

describe("gradual refresh", () => {
  const x264 = `intra-refresh=1:keyint=${refresh}:scenecut=0`;

  it("starts again at the next loss", () => {
    const units = clipWithoutSei({ x264, frames: 80 });
    const received = units.filter(({ sequence }) => sequence !== 5 && sequence !== 25);
    const after = afterLoss(units, 25, received);
    expect(after.torn).toEqual([]);
    expect(after.first).toBeGreaterThan(25 + refresh);
  });

  it("that does not refresh everything shows nothing: the other macroblocks may be wrong", () => {
    const units = clipWithoutSei({ x264: "keyint=1000:scenecut=0", frames });
    expect(
      afterLoss(
        units,
        5,
        units.filter(({ sequence }) => sequence !== 5),
      ),
    ).toMatchObject({ torn: [], all: 0 });
  });

  it("a bare I picture is shown at once, and what refers to it alone", () => {
    const x264 = "keyint=1000:min-keyint=25:scenecut=200:rc-lookahead=10:ref=1";
    const units = clipWithoutSei({ x264, frames: 40, sceneChange: 20 });
    expect(isBareIntra(units[20]!)).toBe(true);
    const after = afterLoss(
      units,
      5,
      units.filter(({ sequence }) => sequence !== 5),
    );
    expect(after).toMatchObject({ torn: [], first: 20, all: 20 });
  });
});

import { expect, it } from "vitest";
import { IssueCounter } from "../../../../dist/core/issues.js";
import type { AccessUnit } from "../../../../dist/h264/access-unit.js";
import { FfmpegDecoder } from "../../../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { concat } from "../../../../test/support/bytes.js";
import { clipWithoutSei } from "../../../../test/support/h264/refreshed-clip.js";

const pairs = 12;

/** An IDR picture and a P picture in turn, with a slice for each row of macroblocks. */
const units = clipWithoutSei({
  x264: "slices=30:keyint=2:min-keyint=2:scenecut=0:qp=30",
  frames: pairs * 2,
  width: 640,
  height: 480,
});

function withoutEverySecondSlice(unit: AccessUnit): AccessUnit {
  const kept = unit.nalUnits.filter((_, index) => index % 2 === 0);
  const parts = kept.map(({ offset, length }) => unit.data.subarray(offset - 4, offset + length));
  return { ...unit, data: concat(...parts) };
}

/**
 * Decodes all, the P pictures changed. What one of those takes is the least of all: the machine has
 * other things to do.
 */
function decode(change: (unit: AccessUnit) => AccessUnit, showDamaged = false) {
  let shown = 0;
  const issues = new IssueCounter();
  const sink = { push: () => void shown++, close: () => undefined };
  const decoder = new FfmpegDecoder(sink, issues, { showDamaged });
  let milliseconds = Number.POSITIVE_INFINITY;
  for (const unit of units) {
    const { idr } = unit.picture;
    const started = performance.now();
    decoder.push(idr ? unit : change(unit));
    if (!idr) milliseconds = Math.min(milliseconds, performance.now() - started);
  }
  decoder.close();
  return { milliseconds, shown, damaged: issues.count("damaged-picture") };
}

// How often there is damage is up to the network, or to an attacker.
it("takes no longer for a damaged picture that is not shown than for a sound one", () => {
  const sound = decode((unit) => unit);
  const damaged = decode(withoutEverySecondSlice);
  expect(sound).toMatchObject({ shown: pairs * 2, damaged: 0 });
  expect(damaged).toMatchObject({ shown: pairs, damaged: pairs });
  // FFmpeg's guesses would make it two to three times as much here, and more where motion is less
  // even.
  expect(damaged.milliseconds).toBeLessThan(sound.milliseconds * 1.75);
});

it("finds the same damage when damaged pictures are shown", () => {
  expect(decode(withoutEverySecondSlice, true)).toMatchObject({ shown: pairs * 2, damaged: pairs });
});

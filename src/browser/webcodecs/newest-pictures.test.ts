import { expect, test } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { NewestPictures } from "./newest-pictures.js";
import type { WebCodecsPicture } from "./webcodecs-decoder.js";

/** Sequence numbers of the pictures that are passed on, given those of the output order. */
function passedOn(outputOrder: readonly number[], edge: number): number[] {
  const shown: number[] = [];
  const sink = { push: ({ unit }: WebCodecsPicture) => shown.push(unit.sequence), close: () => undefined };
  const newest = new NewestPictures(sink, new FakeClock(), () => undefined);
  const unit = (sequence: number) => ({ sequence, format: { reorderDepth: 2 } }) as AccessUnit;
  const last = Math.max(...outputOrder);
  for (let sequence = 0; sequence <= last; sequence++) newest.received(unit(sequence), sequence < edge);
  for (const sequence of outputOrder) {
    const frame = { close: () => undefined };
    newest.push({ unit: unit(sequence), lastUnit: unit(last), frame } as unknown as WebCodecsPicture);
  }
  return shown;
}

test("pictures from before the live edge are not shown", () => {
  expect(passedOn([0, 1, 2, 3, 4, 5], 3)).toEqual([3, 4, 5]);
});

test("what follows the newest picture in output order is shown, though it was decoded before that", () => {
  // I0 P1 B2 B3, P4 B5 B6: the newest access unit is B6, and P4 is shown after it.
  expect(passedOn([0, 2, 3, 1, 5, 6, 4], 6)).toEqual([6, 4]);
});

import type { Framing } from "../../src/core/chunk.js";
import { IssueCounter } from "../../src/core/issues.js";
import type { AccessUnit } from "../../src/h264/access-unit.js";
import type { PictureCheckOptions } from "../../src/h264/access-units/picture-check.js";
import type { PictureEndOptions } from "../../src/h264/access-units/picture-end.js";
import { receiveAccessUnits } from "../../src/h264/access-units/receive-access-units.js";
import { annexB } from "./bytes.js";
import { CollectingSink } from "./collecting-sink.js";
import { FakeClock } from "./fake-clock.js";
import { parameterSets, sliceNal } from "./h264/coded-picture.js";

/** The coded side of a stream, and its output. */
export function receive(options: PictureEndOptions & PictureCheckOptions = {}) {
  const units = new CollectingSink<AccessUnit>();
  const issues = new IssueCounter();
  const clock = new FakeClock();
  const { input } = receiveAccessUnits(units, clock, issues, options);
  return {
    units,
    issues,
    clock,
    input,
    send: (data: Uint8Array, framing: Framing = "none") =>
      input.push({ data, receivedAt: clock.now(), framing }),
  };
}

/**
 * A picture of one slice with `bytes` bytes of slice data. The first is an IDR picture with its
 * parameter sets.
 */
export function picture(index: number, bytes = 200): Uint8Array {
  if (index === 0) return annexB(...parameterSets(), sliceNal({ idr: true, payload: bytes }));
  return annexB(sliceNal({ frameNum: index, picOrderCntLsb: index * 2, payload: bytes }));
}

export const endings = (units: CollectingSink<AccessUnit>) => units.take().map(({ endedBy }) => endedBy);

/** Sends pictures as one chunk each, 30 per second. */
export function sendPictures(
  to: ReturnType<typeof receive>,
  from: number,
  count: number,
  framing: Framing = "none",
) {
  for (let index = from; index < from + count; index++) {
    to.send(picture(index), framing);
    to.clock.advance(33);
  }
}

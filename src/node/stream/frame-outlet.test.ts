import { beforeAll, describe, expect, it } from "vitest";
import { IssueCounter } from "../../../dist/core/issues.js";
import { microseconds } from "../../../dist/core/time.js";
import type { AccessUnit } from "../../../dist/h264/access-unit.js";
import { receiveAccessUnits } from "../../../dist/h264/receive-access-units.js";
import { FfmpegDecoder } from "../../../dist/node/decode/ffmpeg-decoder.js";
import { PictureConverter } from "../../../dist/node/decode/output-picture.js";
import { type Demand, FrameOutlet, type SentFrame } from "../../../dist/node/stream/frame-outlet.js";
import { createSlotControl, SlotWriter } from "../../../dist/node/stream/frame-slots.js";
import { makeClip } from "../../../test/source/clip.js";
import { concat } from "../../../test/support/bytes.js";
import { FakeClock } from "../../../test/support/fake-clock.js";

/** A decoder with its outlet; `state.demand` says what becomes of pictures. */
function makeOutlet() {
  const clock = new FakeClock();
  const sent: { sequence: number; bytes: Uint8Array }[] = [];
  let latest: SentFrame | undefined;
  /** A frame is sent before it is written, and its memory is used again after the next is sent. */
  const copyLatest = () => {
    if (latest) sent.at(-1)!.bytes = new Uint8Array(latest.memory.slice(0, latest.size));
    latest = undefined;
  };
  const state: { demand: Demand } = { demand: "wanted" };
  const outlet = new FrameOutlet(
    true,
    new SlotWriter(createSlotControl(), { capacity: 1, whenFull: "replace" }),
    clock,
    () => state.demand,
    (frame: SentFrame) => {
      copyLatest();
      latest = frame;
      sent.push({ sequence: frame.description.provenance.sequence, bytes: new Uint8Array(0) });
    },
    () => undefined,
  );
  const decoder = new FfmpegDecoder(new PictureConverter("bgr24", outlet), new IssueCounter());
  const pictures = () => {
    copyLatest();
    return sent;
  };
  return { clock, pictures, state, outlet, decoder, sequences: () => sent.map(({ sequence }) => sequence) };
}

describe("FrameOutlet", () => {
  const units: AccessUnit[] = [];

  beforeAll(async () => {
    const clip = concat(...(await makeClip("size=128x96&frames=40&gop=40&bitrate=300k")));
    const clock = { now: () => microseconds(0), startTimer: () => () => {} };
    const sink = { push: (unit: AccessUnit) => void units.push(unit), close: () => undefined };
    const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), { isLive: false });
    input.push({ data: clip, receivedAt: microseconds(0), framing: "none" });
    input.close();
  });

  it("converts each picture at once while nothing is late", () => {
    const { decoder, outlet, sequences } = makeOutlet();
    for (const unit of units) decoder.push(unit);
    expect(sequences()).toEqual(units.map(({ sequence }) => sequence));
    expect(outlet.unconverted).toBe(0);
    decoder.close();
  });

  it("of pictures that come faster than they can be seen converts one in 16 ms, and always the newest", () => {
    const { decoder, outlet, sequences, clock, state, pictures } = makeOutlet();
    state.demand = "soon replaced";
    for (const unit of units.slice(0, 39)) {
      decoder.push(unit);
      clock.advance(4);
    }
    expect(sequences()).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 32, 36]);
    outlet.settle();
    outlet.settle();
    expect(sequences().at(-1)).toBe(38);
    expect(outlet.unconverted).toBe(28);
    state.demand = "wanted";
    decoder.push(units[39]!);
    expect(sequences().slice(-2)).toEqual([38, 39]);
    decoder.close();

    const other = makeOutlet();
    for (const unit of units) other.decoder.push(unit);
    other.decoder.close();
    for (const { sequence, bytes } of pictures()) expect(bytes).toEqual(other.pictures()[sequence]!.bytes);
  });

  it("converts nothing for a program that does not look, and then the newest", () => {
    const { decoder, outlet, sequences, clock, state } = makeOutlet();
    state.demand = "held";
    for (const unit of units) {
      decoder.push(unit);
      clock.advance(33);
      outlet.settle();
    }
    expect(sequences()).toEqual([]);
    state.demand = "wanted";
    outlet.settle();
    expect(sequences()).toEqual([39]);
    decoder.close();
  });

  it("shows the newest before it closes", () => {
    for (const [demand, shown] of [
      ["soon replaced", [0, 39]],
      ["held", [39]],
    ] as const) {
      const { decoder, sequences, state } = makeOutlet();
      state.demand = demand;
      for (const unit of units) decoder.push(unit);
      decoder.close();
      expect(sequences()).toEqual(shown);
    }
  });
});

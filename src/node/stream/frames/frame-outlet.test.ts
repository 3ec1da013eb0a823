import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { IssueCounter } from "../../../../dist/core/issues.js";
import { microseconds } from "../../../../dist/core/time.js";
import type { AccessUnit } from "../../../../dist/h264/access-unit.js";
import { receiveAccessUnits } from "../../../../dist/h264/access-units/receive-access-units.js";
import type { PictureSink } from "../../../../dist/live/decoding/pictures/picture-sink.js";
import { FfmpegDecoder } from "../../../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { type OutputPicture, PictureConverter } from "../../../../dist/node/decode/output-picture.js";
import { PixelConverter } from "../../../../dist/node/decode/pixels/pixel-converter.js";
import {
  type Demand,
  FrameOutlet,
  type SentFrame,
} from "../../../../dist/node/stream/frames/frame-outlet.js";
import { createSlotControl, SlotWriter, slotCount } from "../../../../dist/node/stream/frames/frame-slots.js";
import { makeClip } from "../../../../test/source/kit/clip.js";
import { concat } from "../../../../test/support/bytes.js";
import { FakeClock } from "../../../../test/support/fake-clock.js";

const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

/** A decoder with its outlet; `state.demand` says what becomes of pictures. */
function makeOutlet(mayPrepare = true) {
  const clock = new FakeClock();
  const slots = new SlotWriter(createSlotControl(), { capacity: 1, whenFull: "replace" });
  const sent: { sequence: number; md5: string }[] = [];
  let latest: SentFrame | undefined;
  /** A frame is sent before it is written, and its memory is used again after the next is sent. */
  const lookAtLatest = () => {
    if (latest) sent.at(-1)!.md5 = md5Of(new Uint8Array(latest.memory, 0, latest.size));
    latest = undefined;
  };
  const state: { demand: Demand } = { demand: "wanted" };
  const outlet = new FrameOutlet({
    isLive: true,
    slots,
    clock,
    demand: () => state.demand,
    send: (frame: SentFrame) => {
      lookAtLatest();
      latest = frame;
      sent.push({ sequence: frame.description.provenance.sequence, md5: "" });
    },
    onClose: () => undefined,
  });
  const sink: PictureSink<OutputPicture> = {
    push: (picture) => outlet.push(picture),
    close: (reason) => outlet.close(reason),
    ...(mayPrepare ? { prepare: (picture) => outlet.prepare(picture) } : {}),
  };
  const decoder = new FfmpegDecoder(new PictureConverter("bgr24", sink), new IssueCounter());
  const pictures = () => {
    lookAtLatest();
    return sent;
  };
  return {
    clock,
    slots,
    pictures,
    state,
    outlet,
    decoder,
    sequences: () => sent.map(({ sequence }) => sequence),
  };
}

async function makeUnits(bPictures: number): Promise<AccessUnit[]> {
  const units: AccessUnit[] = [];
  const clip = concat(...(await makeClip(`size=128x96&frames=40&gop=40&bitrate=300k&bframes=${bPictures}`)));
  const clock = { now: () => microseconds(0), startTimer: () => () => {} };
  const sink = { push: (unit: AccessUnit) => void units.push(unit), close: () => undefined };
  const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), { isLive: false });
  input.push({ data: clip, receivedAt: microseconds(0), framing: "none" });
  input.close();
  return units;
}

describe("FrameOutlet", () => {
  let units: AccessUnit[];

  beforeAll(async () => {
    units = await makeUnits(0);
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
    outlet.giveOutHeld();
    outlet.giveOutHeld();
    expect(sequences().at(-1)).toBe(38);
    expect(outlet.unconverted).toBe(28);
    state.demand = "wanted";
    decoder.push(units[39]!);
    expect(sequences().slice(-2)).toEqual([38, 39]);
    decoder.close();

    const other = makeOutlet();
    for (const unit of units) other.decoder.push(unit);
    other.decoder.close();
    for (const { sequence, md5 } of pictures()) expect(md5).toBe(other.pictures()[sequence]!.md5);
  });

  it("converts nothing for a program that does not look, and then the newest", () => {
    const { decoder, outlet, sequences, clock, state } = makeOutlet();
    state.demand = "held";
    for (const unit of units) {
      decoder.push(unit);
      clock.advance(33);
      outlet.giveOutHeld();
    }
    expect(sequences()).toEqual([]);
    state.demand = "wanted";
    outlet.giveOutHeld();
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

describe("FrameOutlet, of pictures that wait for their turn,", () => {
  let units: AccessUnit[];
  const convert = vi.spyOn(PixelConverter.prototype, "convert");

  beforeAll(async () => {
    units = await makeUnits(2);
  });
  afterAll(() => convert.mockRestore());

  it("converts each when it is decoded, and gives out the same, in the same order", () => {
    const { decoder, pictures } = makeOutlet();
    const other = makeOutlet(false);
    for (const unit of units) {
      convert.mockClear();
      decoder.push(unit);
      expect(convert).toHaveBeenCalledOnce();
      other.decoder.push(unit);
    }
    decoder.flush();
    other.decoder.flush();
    expect(pictures().length).toBe(units.length);
    expect(pictures()).toEqual(other.pictures());
    decoder.close();
    other.decoder.close();
  });

  it("replaces no frame by one that is not due", () => {
    const { decoder, slots, sequences } = makeOutlet();
    const waiting = units.findIndex((unit, index) => index > 0 && unit.picture.type === "P");
    for (const unit of units.slice(0, waiting + 1)) decoder.push(unit);
    expect(sequences()).toEqual([0]);
    expect(slots.replaced).toBe(0);
    decoder.close();
  });

  it("keeps no slot for those that are never given out", () => {
    const { decoder, slots } = makeOutlet();
    for (let round = 0; round < 100; round++) {
      for (const unit of units.slice(0, 2)) decoder.push(unit);
      decoder.reset();
    }
    for (let taken = 0; taken < slotCount; taken++) expect(slots.acquire(16)).toBeDefined();
    decoder.close();
  });

  it("leaves to be replaced what is not wanted when its turn has come", () => {
    const { decoder, state, sequences, outlet } = makeOutlet();
    const waiting = units.findIndex((unit, index) => index > 0 && unit.picture.type === "P");
    for (const unit of units.slice(0, waiting + 1)) decoder.push(unit);
    state.demand = "held";
    for (const unit of units.slice(waiting + 1, waiting + 3)) decoder.push(unit);
    expect(sequences()).toEqual([0]);
    state.demand = "wanted";
    outlet.giveOutHeld();
    expect(sequences()).toEqual([0, units[waiting]!.sequence]);
    decoder.close();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { annexB } from "../../../../test/support/bytes.js";
import { FakeClock } from "../../../../test/support/fake-clock.js";
import { sliceNal } from "../../../../test/support/h264/coded-picture.js";
import { encodeWithX264 } from "../../../../test/support/h264/x264.js";
import type { MutableDecoder } from "../../../live/decoding/decoder-pair.js";
import { loadStreamDecoders } from "../../decode/load-decoders.js";
import type { StreamDecodersFactory } from "../../decode/stream-decoders.js";
import type { SentFrame } from "../frames/frame-outlet.js";
import { createSlotControl, SlotReader } from "../frames/frame-slots.js";
import { completeStreamOptions } from "../stream-options.js";
import { MessageBacklog } from "./message-backlog.js";
import { StreamEngine } from "./stream-engine.js";

const settings = { width: 64, height: 64, pictures: 2, preset: "ultrafast", tune: "zerolatency" };
const pictures = encodeWithX264({ ...settings, parameters: "keyint=30" }, (frame, number) => {
  for (const plane of frame.data ?? []) plane.fill(60 + number);
});

/** Writes down what it decodes while it is muted. */
function watched(decoder: MutableDecoder, decodedInSpare: number[]): MutableDecoder {
  const push = decoder.push.bind(decoder);
  decoder.push = (unit) => {
    if (decoder.muted) decodedInSpare.push(unit.sequence);
    push(unit);
  };
  return decoder;
}

function makeEngine(kind: "live" | "file", makeDecoders: StreamDecodersFactory) {
  const clock = new FakeClock();
  const control = createSlotControl();
  const frames: SentFrame[] = [];
  const notices: string[] = [];
  const backlog = () => new MessageBacklog(MessageBacklog.createMemory());
  const engine = new StreamEngine({
    kind,
    options: completeStreamOptions({}),
    control,
    frameBacklog: backlog(),
    issueBacklog: backlog(),
    clock,
    makeDecoders,
    emit: (event) => {
      if (event.type === "frame") frames.push(event.frame);
      if (event.type === "state" && event.state.type === "notice") notices.push(event.state.message);
    },
  });
  engine.begin({ epoch: 0, peer: "test" });
  return { engine, clock, reader: new SlotReader(control), frames, notices };
}

async function makeEngineWithSpare() {
  const decodedInSpare: number[] = [];
  const makeReal = await loadStreamDecoders("thread");
  const { engine, clock, reader, frames } = makeEngine("live", (...given) => {
    const decoders = makeReal(...given);
    return { make: () => watched(decoders.make(), decodedInSpare) };
  });
  /** Sends a picture, which silence ends, and takes its frame a millisecond later. */
  const take = async (data: Uint8Array) => {
    engine.push({ data, receivedAt: clock.now(), framing: "none" });
    clock.advance(200);
    await vi.advanceTimersByTimeAsync(1);
    const { ticket } = frames.at(-1)!;
    expect(reader.take(ticket)).toBe("taken");
    return { giveBack: () => reader.giveBack(ticket) };
  };
  // The spare decoder takes a picture when the next one has come.
  (await take(pictures[0]!)).giveBack();
  await vi.advanceTimersByTimeAsync(20);
  return { take, decodedInSpare };
}

describe("the spare decoder of a StreamEngine", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "setImmediate"] }));
  afterEach(() => void vi.useRealTimers());

  it("waits until the newest frame was used", async () => {
    const { take, decodedInSpare } = await makeEngineWithSpare();
    const frame = await take(pictures[1]!);
    await vi.advanceTimersByTimeAsync(3);
    expect(decodedInSpare).toEqual([]);
    frame.giveBack();
    await vi.advanceTimersByTimeAsync(3);
    expect(decodedInSpare).toEqual([0]);
  });

  it("does not wait for a frame that is kept", async () => {
    const { take, decodedInSpare } = await makeEngineWithSpare();
    await take(pictures[1]!);
    await vi.advanceTimersByTimeAsync(7);
    expect(decodedInSpare).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(decodedInSpare).toEqual([0]);
  });
});

describe("a StreamEngine whose sender gives no whole picture", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "setImmediate"] }));
  afterEach(() => void vi.useRealTimers());

  const withoutSets = annexB(sliceNal({ idr: true, payload: 100 }), sliceNal({ frameNum: 1, payload: 100 }));

  async function receive(kind: "live" | "file", data: Uint8Array) {
    const made = makeEngine(kind, await loadStreamDecoders("thread"));
    made.engine.push({ data, receivedAt: made.clock.now(), framing: "none" });
    made.clock.advance(4000);
    await vi.advanceTimersByTimeAsync(20);
    expect(made.notices).toEqual([]);
    return made;
  }

  it("says so after five seconds, with the reasons", async () => {
    const { clock, notices } = await receive("live", withoutSets);
    clock.advance(1001);
    expect(notices).toEqual([
      expect.stringMatching(/^\d+ bytes came in 5 s without one whole picture: .*PPS with id 0 has not come/),
    ]);
  });

  it("says what came instead when that is no H.264", async () => {
    const { clock, notices } = await receive(
      "live",
      Buffer.from("Dear reader, this is no video.\n".repeat(9)),
    );
    clock.advance(60_000);
    expect(notices).toEqual([expect.stringMatching(/^Expected raw H\.264 .* it looks like text/)]);
  });

  it("says so again of the next sender", async () => {
    const { engine, clock, notices } = await receive("live", withoutSets);
    engine.end();
    clock.advance(60_000);
    engine.begin({ epoch: 1, peer: "next" });
    engine.push({ data: withoutSets, receivedAt: clock.now(), framing: "none" });
    clock.advance(60_000);
    expect(notices).toHaveLength(1);
  });

  it("says nothing when a picture has come", async () => {
    const { clock, frames, notices } = await receive("live", pictures[0]!);
    clock.advance(60_000);
    expect({ frames: frames.length, notices }).toEqual({ frames: 1, notices: [] });
  });

  it("says nothing of a file, or after the end", async () => {
    const { clock, notices } = await receive("file", withoutSets);
    clock.advance(60_000);
    expect(notices).toEqual([]);
    const stopped = await receive("live", withoutSets);
    stopped.engine.stop();
    stopped.clock.advance(60_000);
    expect(stopped.notices).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeClock } from "../../../../test/support/fake-clock.js";
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

async function makeEngine() {
  const clock = new FakeClock();
  const control = createSlotControl();
  const reader = new SlotReader(control);
  const decodedInSpare: number[] = [];
  const frames: SentFrame[] = [];
  const makeReal = await loadStreamDecoders("thread");
  const makeDecoders: StreamDecodersFactory = (...given) => {
    const decoders = makeReal(...given);
    return { make: () => watched(decoders.make(), decodedInSpare) };
  };
  const backlog = () => new MessageBacklog(MessageBacklog.createMemory());
  const engine = new StreamEngine({
    kind: "live",
    options: completeStreamOptions({}),
    control,
    frameBacklog: backlog(),
    issueBacklog: backlog(),
    clock,
    makeDecoders,
    emit: (event) => {
      if (event.type === "frame") frames.push(event.frame);
    },
  });
  engine.begin({ epoch: 0, peer: "test" });
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
    const { take, decodedInSpare } = await makeEngine();
    const frame = await take(pictures[1]!);
    await vi.advanceTimersByTimeAsync(3);
    expect(decodedInSpare).toEqual([]);
    frame.giveBack();
    await vi.advanceTimersByTimeAsync(3);
    expect(decodedInSpare).toEqual([0]);
  });

  it("does not wait for a frame that is kept", async () => {
    const { take, decodedInSpare } = await makeEngine();
    await take(pictures[1]!);
    await vi.advanceTimersByTimeAsync(7);
    expect(decodedInSpare).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(decodedInSpare).toEqual([0]);
  });
});

import { setImmediate as turn } from "node:timers/promises";
import { frameFormats } from "../../../src/core/frame.js";
import { type CancelTimer, type Clock, type Microseconds, microseconds } from "../../../src/core/time.js";
import { loadStreamDecoders } from "../../../src/node/decode/load-decoders.js";
import type { StreamDecoders, StreamDecodersFactory } from "../../../src/node/decode/stream-decoders.js";
import type { EngineEvent } from "../../../src/node/stream/engine/engine-messages.js";
import { MessageBacklog } from "../../../src/node/stream/engine/message-backlog.js";
import { StreamEngine } from "../../../src/node/stream/engine/stream-engine.js";
import type { SentFrame } from "../../../src/node/stream/frames/frame-outlet.js";
import { createSlotControl, SlotReader } from "../../../src/node/stream/frames/frame-slots.js";
import { completeStreamOptions, type StreamOptions } from "../../../src/node/stream/stream-options.js";
import { Random } from "../../support/random.js";
import { arrivals, type FuzzInput } from "../input.js";
import { root } from "../root.js";

/**
 * Work takes the time that it takes, so that load is felt; pauses take none. Timers fire in pauses
 * only.
 */
class HurriedClock implements Clock {
  readonly #timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  readonly #started = performance.now();
  #skipped = 5_000_000;

  now(): Microseconds {
    return microseconds(Math.floor((performance.now() - this.#started) * 1000) + this.#skipped);
  }

  startTimer(delay: Microseconds, fire: () => void): CancelTimer {
    const timer = { at: this.now() + delay, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  pause(ms: number): void {
    const end = this.now() + ms * 1000;
    for (;;) {
      const due = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (!due || due.at > end) break;
      this.#timers.delete(due);
      this.#skipTo(due.at);
      due.fire();
    }
    this.#skipTo(end);
  }

  #skipTo(time: number): void {
    this.#skipped += Math.max(0, time - this.now());
  }
}

/** Where a decoder works. A process is one of the build: none can be started from TypeScript. */
export type Isolation = "thread" | "process";

const factories: Readonly<Record<Isolation, () => Promise<StreamDecodersFactory>>> = {
  thread: () => loadStreamDecoders("thread"),
  process: async () => {
    const built = new URL("dist/node/decode/load-decoders.js", root).href;
    return ((await import(built)) as { loadStreamDecoders: typeof loadStreamDecoders }).loadStreamDecoders(
      "process",
    );
  },
};

/** How a decoder came out of an input. */
export interface Outcome {
  readonly frames: number;
  readonly issues: number;
}

/**
 * Sends an input through a whole `StreamEngine`, decoder and conversion included, and throws when a
 * promise is broken. The options are the input's too. A decoding process is killed now and then,
 * and may die of nothing else.
 */
export async function fuzzWithDecoder(input: FuzzInput, isolation: Isolation = "thread"): Promise<Outcome> {
  const random = new Random(input.arrival, 1);
  const makeFromSettings = await factories[isolation]();
  let decoders: StreamDecoders | undefined;
  const makeDecoders: StreamDecodersFactory = (...given) => {
    decoders = makeFromSettings(...given);
    return decoders;
  };
  const killAt = isolation === "process" && random.chance(0.2) ? random.below(input.bytes.length) : -1;
  let killed = 0;
  let received = 0;
  const options: StreamOptions = {
    format: random.pick(frameFormats),
    delivery: random.pick(["newest", "newest", "keep-up", "every"] as const),
    showDamaged: random.chance(0.4),
    threads: random.pick([1, 1, 1, 2]),
  };
  const kind = random.pick(["live", "live", "file"] as const);
  const clock = new HurriedClock();
  const control = createSlotControl();
  const reader = new SlotReader(control);
  const frameBacklog = new MessageBacklog(MessageBacklog.createMemory());
  const issueBacklog = new MessageBacklog(MessageBacklog.createMemory());
  let waiting: SentFrame[] = [];
  let closed = 0;
  let frames = 0;
  let issues = 0;
  let paused = false;
  const emit = (event: EngineEvent) => {
    if (closed > 0) throw new Error(`${event.type} after closed`);
    if (event.type === "closed") closed++;
    if (event.type === "issue") issues++;
    if (event.type === "frame") {
      waiting.push(event.frame);
      frameBacklog.noteSent();
    }
  };
  const engine = new StreamEngine({
    kind,
    options: completeStreamOptions(options),
    control,
    frameBacklog,
    issueBacklog,
    clock,
    makeDecoders,
    emit,
  });
  engine.attach({
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
    },
  });
  const takeFrames = () => {
    for (const sent of waiting) {
      frameBacklog.noteRead();
      if (reader.take(sent.ticket) !== "taken") continue;
      checkFrame(sent);
      frames++;
      reader.giveBack(sent.ticket);
    }
    waiting = [];
    engine.roomMade();
  };

  engine.begin({ epoch: 0, peer: "fuzz" });
  for (const { data, pauseMs } of arrivals(input)) {
    if (pauseMs > 0) clock.pause(pauseMs);
    engine.push({ data, receivedAt: clock.now(), framing: input.framing });
    received += data.length;
    if (killAt >= 0 && killed === 0 && received > killAt) {
      const pid = decoders?.process?.()?.pid;
      if (pid !== undefined) killed += Number(process.kill(pid, "SIGKILL"));
    }
    if (random.chance(0.1) || paused) await turn();
    if (random.chance(0.2) || paused) takeFrames();
    while (paused && closed === 0) {
      await turn();
      takeFrames();
    }
  }
  clock.pause(200);
  engine.end();
  if (random.chance(0.1)) engine.stop();
  engine.close();
  // One that never closes is found by the watchdog.
  while (closed === 0) {
    await turn();
    takeFrames();
  }
  const deaths = decoders?.process?.().deaths ?? 0;
  if (deaths > killed) throw new Error(`crash: ${deaths} processes died where ${killed} were killed`);
  return { frames, issues };
}

function checkFrame({ memory, size, description }: SentFrame): void {
  const { width, height, planes } = description;
  if (size > memory.byteLength)
    throw new Error(`a frame of ${size} bytes in ${memory.byteLength} bytes of memory`);
  if (!(width > 0 && height > 0)) throw new Error(`a frame of ${width}x${height}`);
  for (const plane of planes) {
    if (plane.offset + plane.stride * plane.height > size) throw new Error("a plane lies outside its frame");
  }
}

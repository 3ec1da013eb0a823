import { createHash } from "node:crypto";
import { IssueCounter } from "../../dist/core/issues.js";
import { microseconds } from "../../dist/core/time.js";
import type { AccessUnit } from "../../dist/h264/access-unit.js";
import { receiveAccessUnits } from "../../dist/h264/access-units/receive-access-units.js";
import type { Decoder } from "../../dist/live/decoding/decoder.js";
import { PresentationTime } from "../../dist/live/playout/presentation-time.js";
import { DecodingProcess } from "../../dist/node/decode/isolated/decoding-process.js";
import { loadLinux } from "../../dist/node/decode/isolated/linux-system-calls.js";
import { createHiddenFile, FileMemory } from "../../dist/node/decode/isolated/picture-memory.js";
import { loadStreamDecoders } from "../../dist/node/decode/load-decoders.js";
import type { OutputPicture } from "../../dist/node/decode/output-picture.js";
import type { StreamDecoders, StreamDecodersFactory } from "../../dist/node/decode/stream-decoders.js";
import { makeClip } from "../source/kit/clip.js";
import { concat } from "../support/bytes.js";
import { type GivenPicture, type Outcome, runSteps, type Step } from "./contract-run.js";

export type { AccessUnit };

const clock = { now: () => microseconds(0), startTimer: () => () => {} };

/** Access units of a clip of the test camera. */
export async function accessUnits(options: string): Promise<AccessUnit[]> {
  return unitsOf(concat(...(await makeClip(options))));
}

/** Access units of a byte stream. */
export function unitsOf(data: Uint8Array): AccessUnit[] {
  const units: AccessUnit[] = [];
  const sink = { push: (unit: AccessUnit) => void units.push(unit), close: () => undefined };
  const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), { isLive: false });
  input.push({ data, receivedAt: microseconds(0), framing: "none" });
  input.close();
  return units;
}

/** An access unit that ends early, as when the end of its picture was guessed in the middle. */
export const cutShort = (unit: AccessUnit, share: number): AccessUnit => ({
  ...unit,
  data: unit.data.subarray(0, Math.floor(unit.data.length * share)),
  endedBy: "silence",
});

/** A decoding process that is taken for hung after so long. */
export const inProcess =
  (timeoutMs = 2000): StreamDecodersFactory =>
  (sink, issues, listener, settings) =>
    new DecodingProcess(sink, issues, listener, { ...settings, timeoutMs });

const throughFile: StreamDecodersFactory = (sink, issues, listener, settings) =>
  new DecodingProcess(sink, issues, listener, { ...settings, memory: new FileMemory(createHiddenFile()) });

export const inThread = await loadStreamDecoders("thread");

/** Every decoder that there is, by where it works. */
export const decoders: readonly [string, StreamDecodersFactory][] = [
  ["in this thread", inThread],
  [`in a process${loadLinux() ? ", through mapped memory" : ""}`, await loadStreamDecoders("process")],
  ["in a process, through a file", throughFile],
];

/** A decoder and all that comes of it. */
export interface Decoding {
  readonly decoders: StreamDecoders;
  readonly decoder: Decoder;
  /** Sequence number and SHA-1 of the samples of each picture, in the order that they came. */
  readonly given: Pick<GivenPicture, "sequence" | "digest">[];
  /** What else is known of each of them. */
  readonly times: Pick<GivenPicture, "lastSequence" | "timestamp">[];
  readonly issues: IssueCounter;
  /** What to do at `DecoderListener.idle`, and at `lost`. */
  onIdle: () => void;
  onLost: () => void;
  /** Waits until it has nothing to do. */
  idle(): Promise<void>;
  /** Waits for its end. */
  closed(): Promise<{ closes: number; reason: Error | undefined }>;
  /** Closes it and waits for its end. */
  end(reason?: Error): Promise<{ closes: number; reason: Error | undefined }>;
}

/** @param combine makes of several decoders the one that is used */
export function decoding(
  make: StreamDecodersFactory,
  combine: (decoders: StreamDecoders) => Decoder = (decoders) => decoders.make(),
): Decoding {
  const given: Decoding["given"] = [];
  const times: Decoding["times"] = [];
  const time = new PresentationTime(true);
  const issues = new IssueCounter();
  const waiting: (() => void)[] = [];
  let closes = 0;
  let reason: Error | undefined;
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const sink = {
    push(picture: OutputPicture) {
      const samples = new Uint8Array(picture.layout.size);
      picture.writeTo(samples);
      given.push({
        sequence: picture.unit.sequence,
        digest: createHash("sha1").update(samples).digest("hex"),
      });
      times.push({ lastSequence: picture.lastUnit.sequence, timestamp: time.next(picture) });
    },
    close(why?: Error) {
      closes++;
      reason = why;
      wake();
    },
  };
  const listener = {
    idle() {
      one.onIdle();
      wake();
    },
    lost: () => one.onLost(),
  };
  const decoders = make(sink, issues, listener, { format: "native", options: {} });
  const decoder = combine(decoders);
  const changed = () => new Promise<void>((resolve) => waiting.push(resolve));
  const one: Decoding = {
    decoders,
    decoder,
    given,
    times,
    issues,
    onIdle: () => undefined,
    onLost: () => undefined,
    async idle() {
      while (decoder.queueSize > 0) await changed();
    },
    async closed() {
      while (closes === 0) await changed();
      return { closes, reason };
    },
    end(why) {
      decoder.close(why);
      return one.closed();
    },
  };
  return one;
}

export const sequencesOf = (given: Decoding["given"]) => given.map(({ sequence }) => sequence);

/** Takes the steps with a new decoder. */
export async function outcomeOf(make: StreamDecodersFactory, steps: readonly Step[]): Promise<Outcome> {
  const one = decoding(make);
  const { decoder, given, times, issues, idle, end } = one;
  const givenWhenIdle = await runSteps(steps, decoder, idle, () => given.length);
  const pictures = given.map((picture, index) => ({ ...picture, ...times[index]! }));
  const { closes, reason } = steps.includes("close") ? await one.closed() : { closes: 0, reason: undefined };
  if (closes === 0) await end();
  return {
    given: pictures,
    givenWhenIdle,
    issues: issues.list().map(({ code, count }) => ({ code, count })),
    closes: Array.from({ length: closes }, () => reason?.message),
  };
}

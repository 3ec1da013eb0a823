import { setImmediate } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { DecodeQueue } from "../../dist/live/decoding/decode-queue.js";
import { DecoderPair } from "../../dist/live/decoding/decoder-pair.js";
import { systemClock } from "../../dist/node/clock.js";
import {
  type AccessUnit,
  accessUnits,
  cutShort,
  type Decoding,
  decoding,
  inProcess,
  inThread,
} from "./decoder-kit.js";

let units: AccessUnit[];
let right: Decoding["given"];

beforeAll(async () => {
  units = await accessUnits("size=320x180&frames=70&gop=20&bframes=2&bitrate=500k");
  const whole = decoding(inThread);
  for (const unit of units) whole.decoder.push(unit);
  await whole.end();
  right = whole.given;
});

/** A decoding process behind its queue, as in a stream. */
function receiver(timeoutMs?: number) {
  const one = decoding(inProcess(timeoutMs), (decoders) => new DecoderPair(decoders.make(), decoders.make()));
  const queue = new DecodeQueue(one.decoder, systemClock, one.issues, {
    maxLagMs: undefined,
    later: (run) => void setImmediate().then(run),
    mayDecode: () => true,
  });
  one.onIdle = () => queue.decoderIdle();
  one.onLost = () => queue.decoderLost();
  return {
    ...one,
    queue,
    process: () => one.decoders.process!(),
    signal: (signal: NodeJS.Signals) => {
      const { pid } = one.decoders.process!();
      if (pid) process.kill(pid, signal);
    },
    async decoded() {
      do {
        await one.idle();
        await setImmediate();
      } while (queue.length > 0 || one.decoder.queueSize > 0);
    },
    async end() {
      queue.flush();
      queue.close();
      return one.end();
    },
  };
}

it.each(["SIGSEGV", "SIGKILL", "SIGABRT"] as const)(
  "loses no picture and outputs none twice when %s ends its process, whenever that is",
  async (signal) => {
    const { queue, given, issues, signal: send, process, decoded, end } = receiver();
    for (const [index, unit] of units.entries()) {
      queue.push(unit);
      if (index === 10 || index === 55) await decoded();
      // Twice in the middle of decoding, once with nothing to do.
      if ([10, 33, 55].includes(index)) send(signal);
    }
    await decoded();
    expect(await end()).toMatchObject({ closes: 1, reason: undefined });
    expect(given).toEqual(right);
    expect(process().deaths).toBeGreaterThanOrEqual(2);
    expect(issues.count("decoder-died")).toBe(process().deaths);
    expect(issues.list()[0]!.detail).toContain(signal);
  },
);

it("loses no picture when its process dies during the last flush", async () => {
  const { queue, given, signal, process, decoded, end } = receiver();
  for (const unit of units) queue.push(unit);
  await decoded();
  signal("SIGSTOP");
  const ended = end();
  signal("SIGKILL");
  await ended;
  expect(given).toEqual(right);
  expect(process().deaths).toBe(1);
});

it("replaces a process that does not answer", async () => {
  const { queue, given, issues, signal, decoded, end } = receiver(400);
  for (const unit of units.slice(0, 30)) queue.push(unit);
  await decoded();
  signal("SIGSTOP");
  for (const unit of units.slice(30)) queue.push(unit);
  await decoded();
  await end();
  expect(given).toEqual(right);
  expect(issues.list()[0]!.detail).toContain("did not answer for 400 ms");
});

it("leaves out an access unit that killed it twice, and resumes at the next random access point", async () => {
  const { queue, decoder, given, issues, signal, process, decoded, end } = receiver();
  const deadly = units.find(({ sequence, picture }) => sequence > 24 && picture.type === "P")!;
  const push = decoder.push.bind(decoder);
  decoder.push = (unit) => {
    const kills = unit === deadly && process().deaths < 2;
    // Stopped first, so that it cannot be done before it is killed.
    if (kills) signal("SIGSTOP");
    push(unit);
    if (kills) signal("SIGKILL");
  };
  for (const unit of units) queue.push(unit);
  await decoded();
  await end();
  expect(process().deaths).toBe(2);
  expect(issues.count("deadly-access-unit")).toBe(1);
  const next = units.find(({ sequence, picture }) => sequence > deadly.sequence && picture.idr)!;
  const shown = new Set(given.map(({ sequence }) => sequence));
  expect(given).toEqual(right.filter(({ sequence }) => shown.has(sequence)));
  expect(right.filter(({ sequence }) => !shown.has(sequence)).map(({ sequence }) => sequence)).toEqual(
    right
      .map(({ sequence }) => sequence)
      .filter((sequence) => sequence >= deadly.sequence && sequence < next.sequence),
  );
});

it.each([undefined, "SIGKILL"] as const)(
  "undoes wrongly guessed ends of pictures, even when its process was ended by %s just then",
  async (signal) => {
    const { queue, given, signal: send, decoded, end } = receiver();
    for (const [index, unit] of units.entries()) {
      if (index % 4 === 3) {
        queue.push(cutShort(unit, 0.6));
        await decoded();
        if (signal && index % 20 === 3) send(signal);
        queue.push({ ...unit, corrects: true });
      } else queue.push({ ...unit, endedBy: "silence" });
      if (index % 3 === 0) await decoded();
    }
    await decoded();
    await end();
    expect(given).toEqual(right);
    expect(queue.healed).toBeGreaterThan(10);
  },
);

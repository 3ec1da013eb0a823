import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { alternate, byName } from "./figures/rounds.mjs";
import { delayTable, withoutDelays } from "./runs/delay-report.mjs";
import { judge } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { naliveReceiver } from "./runs/receivers.mjs";
import { connectWebSocket } from "./runs/senders.mjs";

/** @import { Step } from "./runs/live-run.mjs" */

export const title = "WebSocket messages of any size";

/** One message per byte: 200 kbit/s are 25 000 messages per second, which both sides can take. */
const thinSpec = { ...cameraSpec, width: 320, height: 180, kilobits: 200 };

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ pictures, rounds }) {
  const clip = await makeClip({ ...cameraSpec, pictures });
  const thin = await makeClip({ ...thinSpec, pictures });
  const contestants = [
    { name: "whole pictures", clip, steps: evenSteps(clip) },
    { name: "1400 bytes", clip, steps: cut(evenSteps(clip), 1400) },
    { name: "1 byte (320x180, 200 kbit/s)", clip: thin, steps: cut(evenSteps(thin), 1) },
    { name: "3 pictures at once", clip, steps: joined(evenSteps(clip), 3) },
  ];
  const receiver = naliveReceiver("nalive", (port) => `ws://127.0.0.1:${port}/?listen`);
  const outcomes = await alternate(rounds, contestants, async ({ clip, steps }) =>
    judge(clip, await runLive({ receiver, clip, steps, connect: connectWebSocket })),
  );
  return {
    tables: [delayTable(undefined, outcomes)],
    notes: ["Target: p50 <= 8 ms except for the last, none lost, repeated or swapped."],
    figures: byName(outcomes, withoutDelays),
  };
}

/**
 * Messages of `size` bytes. The last one of a picture is shorter.
 *
 * @param {readonly Step[]} steps
 * @param {number} size
 * @returns {Step[]}
 */
function cut(steps, size) {
  return steps.map((step) => {
    const bytes = bytesOf([step]);
    const count = Math.ceil(bytes.length / size);
    const writes = Array.from({ length: count }, (_, index) => ({
      bytes: bytes.subarray(index * size, (index + 1) * size),
    }));
    return { ...step, writes };
  });
}

/**
 * `count` pictures in one message, sent when the last of them is due.
 *
 * @param {readonly Step[]} steps
 * @param {number} count
 * @returns {Step[]}
 */
function joined(steps, count) {
  return Array.from({ length: Math.ceil(steps.length / count) }, (_, index) => {
    const group = steps.slice(index * count, (index + 1) * count);
    return {
      dueMs: group.at(-1)?.dueMs ?? 0,
      writes: [{ bytes: bytesOf(group) }],
      completes: group.flatMap((step) => step.completes),
    };
  });
}

/** @param {readonly Step[]} steps */
function bytesOf(steps) {
  return Buffer.concat(steps.flatMap(({ writes }) => writes.map(({ bytes }) => bytes)));
}

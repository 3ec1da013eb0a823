import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { delayTable, withoutDelays } from "./figures/delay-report.mjs";
import { alternate } from "./figures/rounds.mjs";
import { judge } from "./runs/judge.mjs";
import { evenSteps, runLive } from "./runs/live-run.mjs";
import { naliveReceiver } from "./runs/receivers.mjs";
import { connectWebSocket } from "./runs/senders.mjs";

export const title = "WebSocket messages of any size";

/**
 * One message a byte: 200 kbit/s are 25 000 messages a second, which loopback and `ws` bear on both
 * sides.
 */
const thinSpec = { ...cameraSpec, width: 320, height: 180, kilobits: 200 };

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
  const results = await alternate(rounds, contestants, async ({ clip, steps }) =>
    judge(clip, await runLive({ receiver, clip, steps, connect: connectWebSocket })),
  );
  const byName = contestants.map((each) => [each.name, results.get(each)]);
  return {
    tables: [delayTable(undefined, byName)],
    notes: ["Target: p50 <= 8 ms but for the last, none lost, repeated or swapped."],
    figures: Object.fromEntries(byName.map(([name, of]) => [name, of.map(withoutDelays)])),
  };
}

/** Messages of `size` bytes; the last of a picture is shorter. */
function cut(steps, size) {
  return steps.map((step) => {
    const [{ bytes }] = step.writes;
    const writes = [];
    for (let start = 0; start < bytes.length; start += size)
      writes.push({ bytes: bytes.subarray(start, start + size) });
    return { ...step, writes };
  });
}

/** `count` pictures in one message, when the last of them is due. */
function joined(steps, count) {
  const groups = [];
  for (let start = 0; start < steps.length; start += count) groups.push(steps.slice(start, start + count));
  return groups.map((group) => ({
    dueMs: group.at(-1).dueMs,
    writes: [{ bytes: Buffer.concat(group.map((step) => step.writes[0].bytes)) }],
    completes: group.flatMap((step) => step.completes),
  }));
}

// A single group of pictures that lasts an hour, played many times faster than live, with stalls that make ends be guessed wrongly,
// and with losses from which the stream itself recovers: each macroblock comes anew within some pictures.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { open } from "../../dist/node/index.js";
import { StreamWriter } from "./clips/written.mjs";
import { residentMiB } from "./run/memory.mjs";

/** At 30 a second. */
const picturesOfAnHour = 108_000;
const size = { columns: 3, rows: 2 };
const stallEvery = 1777;
const lossEvery = 27_011;
/** Pictures after a loss until all can be right again: what it takes to find out that they are (`GradualRefresh`), and more. */
const mostHeldBack = 400;
/** Once caches are filled, memory does not grow but for what the collector has not looked at yet. */
const mostGrowthMiB = 48;
const digestBytes = 16;
/** No picture for so long: it hangs. */
const mostSilenceMs = 10_000;

/** @returns {Promise<{ text: string, failures: string[] }>} */
export async function hourLongGop({ pictures = picturesOfAnHour, perSecond = 2500 } = {}) {
  const failures = [];
  const digests = Buffer.alloc(pictures * digestBytes);
  const lost = new Set();
  const state = { sent: 0, last: -1, shown: 0, torn: 0, missing: 0, lastAt: performance.now() };
  const stream = open("tcp://127.0.0.1:0?listen", {
    format: "native",
    delivery: "every",
    onState: (now) => now.type === "listening" && tellPort(now.port),
  });
  let tellPort;
  const port = await new Promise((resolve) => {
    tellPort = resolve;
  });
  const reading = (async () => {
    for await (const frame of stream) look(state, digests, frame.data);
  })();
  const watch = watchMemory();
  const started = performance.now();
  await send(port, { pictures, perSecond, digests, lost, state });
  while (state.last < pictures - 1 && performance.now() - state.lastAt < mostSilenceMs) await sleep(20);
  const seconds = (performance.now() - started) / 1000;
  const { issues } = await stream.statistics();
  const memory = watch.end();
  await stream.close();
  await reading;

  if (state.last < pictures - 1)
    failures.push(`hang: nothing was shown after picture ${state.last} of ${pictures}`);
  if (state.torn > 0) failures.push(`${state.torn} pictures differ from what was written`);
  if (state.missing > lost.size * mostHeldBack)
    failures.push(
      `${state.missing} pictures are not shown, expected ${mostHeldBack} at most for each of ${lost.size} losses`,
    );
  if (memory.growth > mostGrowthMiB)
    failures.push(
      `growth: ${memory.growth.toFixed(0)} MiB from a quarter on, expected ${mostGrowthMiB} at most`,
    );
  const counted = issues.map(({ code, count }) => `${code} ${count}`).join(", ") || "none";
  if (lost.size > 0 && !issues.some(({ code }) => code === "frame-num-gap"))
    failures.push("no counter names the losses");
  const text =
    `hour-long-gop: ${pictures} pictures (${(pictures / 30 / 60).toFixed(0)} min of stream) in ${seconds.toFixed(0)} s, ` +
    `shown ${state.shown}, torn ${state.torn}, ${lost.size} lost, ${state.missing} held back or lost; ` +
    `memory ${memory.most.toFixed(0)} MiB at most, ${memory.growth.toFixed(0)} more at the end than at a quarter; counted: ${counted}`;
  return { text, failures };
}

async function send(port, { pictures, perSecond, digests, lost, state }) {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  const write = (bytes) => socket.write(bytes) || once(socket, "drain");
  const writer = new StreamWriter(size);
  const begun = performance.now();
  let stalled = 0;
  for (let number = 0; number < pictures; number++) {
    const bytes = writer.picture(number, number === 0);
    createHash("md5")
      .update(writer.planes)
      .digest()
      .copy(digests, number * digestBytes);
    state.sent = number + 1;
    if (number % lossEvery === lossEvery - 1) {
      lost.add(number);
      continue;
    }
    if (number % stallEvery === stallEvery - 1) {
      await write(bytes.subarray(0, bytes.length - 9));
      const ms = [2, 5, 12, 130][number % 4];
      await sleep(ms);
      stalled += ms;
      await write(bytes.subarray(bytes.length - 9));
    } else await write(bytes);
    const ahead = begun + stalled + ((number + 1) * 1000) / perSecond - performance.now();
    if (ahead > 2) await sleep(ahead);
  }
  socket.end();
}

/** Finds the picture among those that may come next. */
function look(state, digests, data) {
  const digest = createHash("md5").update(data).digest();
  state.lastAt = performance.now();
  state.shown++;
  for (let number = state.last + 1; number < state.sent; number++) {
    if (digests.compare(digest, 0, digestBytes, number * digestBytes, (number + 1) * digestBytes) !== 0)
      continue;
    state.missing += number - state.last - 1;
    state.last = number;
    return;
  }
  state.torn++;
}

/** Resident memory over time; the growth is from a quarter of the time to its end. */
function watchMemory() {
  const samples = [];
  const timer = setInterval(() => samples.push(residentMiB()), 250);
  return {
    end() {
      clearInterval(timer);
      const median = (part) => [...part].sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
      const quarter = Math.floor(samples.length / 4);
      const growth = median(samples.slice(-8)) - median(samples.slice(quarter, quarter + 8));
      return { most: Math.max(0, ...samples), growth };
    },
  };
}

import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { residentMiB, threadTimes } from "../shared/proc.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { nalive } from "./figures/places.mjs";
import { alternate } from "./figures/rounds.mjs";
import { delaySummary } from "./figures/statistics.mjs";
import { formatCounts, formatSpread } from "./figures/table.mjs";
import { freePort, waitUntilListening } from "./runs/listening.mjs";

export const title = "One stream to 300 viewers, and 100 streams to one each";

const viewersProcess = fileURLToPath(new URL("runs/fanout-viewers.mjs", import.meta.url));
const bareProcess = fileURLToPath(new URL("peers/ws-broadcast.mjs", import.meta.url));

/**
 * Pictures before the first that counts: optimizers and the garbage collector find their pace, and
 * a group has come.
 */
const warmUp = 90;

const servers = [
  { name: "bare ws broadcast", command: (port) => [bareProcess, String(port)], numbered: false },
  {
    name: "nalive serve",
    command: (port) => [nalive, "serve", "--port", String(port), "--log", "silent"],
    numbered: true,
  },
];

const cases = [
  { caption: "1 stream of 4 Mbit/s, 300 viewers", streams: 1, viewers: 300, spec: cameraSpec },
  {
    caption: "100 streams of 1 Mbit/s, 1 viewer each",
    streams: 100,
    viewers: 1,
    spec: { ...cameraSpec, width: 640, height: 360, kilobits: 1000 },
  },
];

export async function run({ pictures, rounds }) {
  const tables = [];
  const figures = {};
  for (const { caption, streams, viewers, spec } of cases) {
    const clip = await makeClip({ ...spec, pictures: pictures + warmUp });
    const results = await alternate(rounds, servers, (server) => measure(server, clip, streams, viewers));
    const rows = servers.map((server) => {
      const of = results.get(server);
      figures[`${caption}: ${server.name}`] = of;
      return [
        server.name,
        formatSpread(
          of.map(({ delays }) => delays.p50),
          2,
        ),
        formatSpread(
          of.map(({ delays }) => delays.p99),
          2,
        ),
        formatSpread(
          of.map(({ processorMs }) => processorMs),
          3,
        ),
        formatSpread(
          of.map(({ mebibytes }) => mebibytes),
          0,
        ),
        // Of one stream it would say more of what the start has left than of the stream.
        streams === 1
          ? ""
          : formatSpread(
              of.map(({ mebibytesAStream }) => mebibytesAStream),
              2,
            ),
        formatCounts(of.map(({ missing }) => missing)),
      ];
    });
    const header = [
      "",
      "p50 ms",
      "p99 ms",
      "processor, ms a picture sent",
      "MiB",
      "MiB a stream",
      "pictures that did not come",
    ];
    tables.push({ caption, header, rows });
  }
  const notWhole = Object.entries(figures).filter(([, of]) => of.some(({ missing }) => missing > 0));
  for (const [name] of notWhole) {
    console.error(`FAILED: ${name}: a viewer did not get every picture, once and in order`);
    process.exitCode = 1;
  }
  return {
    tables,
    notes: [
      "From the publisher's send to the last byte at a viewer; the same publishers and viewers, all on this machine.",
      "Both get whole pictures in messages, so no wait for the end of a picture is in it; streams are spread over the picture",
      "interval. All have their IDR picture, five times as large, in the same one: 1 in 60 pictures, which p99 is made of.",
      "The bare one passes bytes on. nalive finds the picture in them, looks for damage, numbers it and keeps the group.",
      "The first 3 s are not counted, of either.",
      "MiB a stream: what the server has more than before the first publisher came, by stream, with its viewers.",
      "Target: p99 and processor time at most 1.2 times those of the bare broadcast, and every picture at every viewer.",
    ],
    figures,
  };
}

async function measure(server, clip, streamCount, viewers) {
  const port = await freePort();
  const child = spawn(process.execPath, server.command(port), { stdio: ["ignore", "ignore", "inherit"] });
  const names = Array.from({ length: streamCount }, (_, index) => `cam${index}`);
  let audience;
  try {
    await waitUntilListening(port, () => child.exitCode !== null);
    const idleMebibytes = residentMiB(child.pid);
    const publishers = await Promise.all(names.map((name) => publish(port, name)));
    // nalive knows a stream from its first publisher on, and begins with a random access point.
    audience = fork(viewersProcess, [
      String(port),
      JSON.stringify({ streams: names, viewers, numbered: server.numbered }),
    ]);
    await once(audience, "message");
    await sleep(300);
    const { sentAt, processorMs, mebibytes } = await send(clip, publishers, child.pid);
    await sleep(500);
    audience.send("end");
    const [{ received }] = await once(audience, "message");
    const mebibytesAStream = (mebibytes - idleMebibytes) / streamCount;
    return { ...judge(received, sentAt, names), processorMs, mebibytes, mebibytesAStream };
  } finally {
    audience?.kill();
    child.kill();
    await once(child, "exit");
  }
}

async function publish(port, name) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/publish/${name}`, { perMessageDeflate: false });
  await once(ws, "open");
  ws._socket.setNoDelay(true);
  return ws;
}

/** Sends the clip at its rate on all, streams spread evenly over the interval. */
async function send({ accessUnits, spec }, publishers, pid) {
  const sentAt = publishers.map(() => []);
  const interval = 1000 / spec.fps;
  const start = performance.now() + 50;
  let before;
  for (let picture = 0; picture < accessUnits.length; picture++) {
    if (picture === warmUp) before = processorTime(pid);
    for (const [index, ws] of publishers.entries()) {
      const due = start + (picture + index / publishers.length) * interval;
      const wait = due - performance.now();
      if (wait > 1) await sleep(wait);
      sentAt[index][picture] = Number(process.hrtime.bigint() / 1000n);
      ws.send(accessUnits[picture]);
    }
  }
  await sleep(200);
  const sent = (accessUnits.length - warmUp) * publishers.length;
  return { sentAt, processorMs: (processorTime(pid) - before) / sent, mebibytes: residentMiB(pid) };
}

/**
 * Every viewer must have had every picture, once and in order. The last one is not asked for:
 * nothing tells that it is complete.
 */
function judge(received, sentAt, names) {
  const delays = [];
  let missing = 0;
  for (const { stream, times, gaps } of received) {
    missing += gaps;
    const sent = sentAt[names.indexOf(stream)];
    for (let picture = 0; picture < sent.length - 1; picture++) {
      const at = times[picture];
      if (at === undefined || at === null) missing++;
      else if (picture >= warmUp) delays.push((at - sent[picture]) / 1000);
    }
  }
  return { delays: delaySummary(delays), missing };
}

/**
 * Time on a processor so far of all threads that run, ms; counted in ns, where /proc/PID/stat has
 * ticks of 10 ms.
 */
function processorTime(pid) {
  return [...threadTimes(pid).values()].reduce((sum, { ran }) => sum + ran, 0);
}

import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { cameraSpec, makeClip } from "./harness/clips.mjs";
import { freePort, waitUntilListening } from "./harness/listening.mjs";
import { nalive } from "./harness/places.mjs";
import { alternate } from "./harness/rounds.mjs";
import { delaySummary } from "./harness/statistics.mjs";
import { formatCounts, formatSpread } from "./harness/table.mjs";

export const title = "One stream to 300 viewers, and 100 streams to one each";

const viewersProcess = fileURLToPath(new URL("harness/fanout-viewers.mjs", import.meta.url));
const bareProcess = fileURLToPath(new URL("peers/ws-broadcast.mjs", import.meta.url));

/** Pictures before the first that counts: sockets and optimizers find their pace. */
const warmUp = 30;

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
    const clip = await makeClip({ ...spec, pictures });
    const results = await alternate(rounds, servers, (server) => measure(server, clip, streams, viewers));
    const rows = servers.map((server) => {
      const of = results.get(server);
      figures[`${caption}: ${server.name}`] = of;
      return [
        server.name,
        formatSpread(of.map(({ delays }) => delays.p50)),
        formatSpread(of.map(({ delays }) => delays.p99)),
        formatSpread(
          of.map(({ processorMs }) => processorMs),
          2,
        ),
        formatSpread(
          of.map(({ mebibytes }) => mebibytes),
          0,
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
      "pictures that did not come",
    ];
    tables.push({ caption, header, rows });
  }
  return {
    tables,
    notes: [
      "From the publisher's send to the last byte at a viewer; whole pictures in messages; all on this machine.",
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
    return { ...judge(received, sentAt, names), processorMs, mebibytes };
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
  return { sentAt, processorMs: (processorTime(pid) - before) / sent, mebibytes: residentMebibytes(pid) };
}

/** The last picture of a stream is not asked for: nothing tells that it is complete. */
function judge(received, sentAt, names) {
  const delays = [];
  let missing = 0;
  for (const { stream, times } of received) {
    const sent = sentAt[names.indexOf(stream)];
    for (let picture = warmUp; picture < sent.length - 1; picture++) {
      const at = times[picture];
      if (at === undefined || at === null) missing++;
      else delays.push((at - sent[picture]) / 1000);
    }
  }
  return { delays: delaySummary(delays), missing };
}

/** User and system time so far, ms. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMebibytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

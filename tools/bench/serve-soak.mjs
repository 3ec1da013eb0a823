import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { residentMiB, statusNumber } from "../shared/proc.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { collectedMemory } from "./figures/collected-memory.mjs";
import { nalive, outputDirectory } from "./figures/places.mjs";
import { linePlot } from "./figures/plot.mjs";
import { seededRandom, slope } from "./figures/statistics.mjs";
import { freePort, waitUntilListening } from "./runs/listening.mjs";
import { publishers, viewers } from "./runs/soak-actors.mjs";

export const title = "A server with publishers and viewers that come and go";

const seed = 4;
const names = ["door", "yard", "gate"];
/** Those there at a time, on average: as many parts as fit two processors beside other work. */
const viewersAtOnce = 8;
const longestVisitMs = 20_000;
/** Longer than a stream waits for its publisher. */
const streamEndsMs = 12_000;
const restMs = 25_000;

const clipSpecs = [
  { ...cameraSpec, width: 640, height: 360, kilobits: 1000, pictures: 90 },
  { ...cameraSpec, width: 320, height: 180, kilobits: 200 },
];

export async function run({ quick, minutes: asked = 30 }) {
  const minutes = quick ? 1 : asked;
  const clips = [];
  for (const spec of clipSpecs) clips.push(await makeClip(spec));
  const folder = mkdtempSync(join(tmpdir(), "nalive-soak-"));
  const port = await freePort();
  const inspectorPort = await freePort();
  const args = ["serve", "--port", port, "--recordings", folder, "--log", "error"];
  const server = spawn(process.execPath, [`--inspect=127.0.0.1:${inspectorPort}`, nalive, ...args], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  server.stderr.setEncoding("utf8").on("data", (text) => {
    if (!/^(Debugger|For help)/.test(text)) process.stderr.write(text);
  });
  const samples = [];
  let sampling;
  try {
    await waitUntilListening(port, () => server.exitCode !== null);
    const url = `http://127.0.0.1:${port}`;
    const play = new Play(url, clips, folder);
    // Each part once, so that what is made once is made before the first count.
    await play.run(30_000);
    const before = await atRest(url, server.pid, inspectorPort);
    const start = performance.now();
    sampling = setInterval(() => {
      const seconds = (performance.now() - start) / 1000;
      samples.push({ seconds, ...countsOf(server.pid), present: play.present });
    }, 1000);
    await play.run(minutes * 60_000);
    clearInterval(sampling);
    const after = await atRest(url, server.pid, inspectorPort);
    if (server.exitCode !== null) throw new Error("the server has ended");
    return report({ minutes, samples, before, after, visits: play.visits });
  } finally {
    clearInterval(sampling);
    server.kill();
    if (server.exitCode === null) await once(server, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Who comes and goes. Each seat has choices of its own by the seed, whatever the others do. */
class Play {
  visits = {};
  #url;
  #clips;
  #folder;
  #present = new Set();

  constructor(url, clips, folder) {
    this.#url = url;
    this.#clips = clips;
    this.#folder = folder;
  }

  get present() {
    return this.#present.size;
  }

  /** @returns when all have left again */
  async run(ms) {
    const end = performance.now() + ms;
    const left = () => end - performance.now();
    const publishing = names.map(async (name, seat) => {
      const choose = chooser(seat);
      while (left() > 0) {
        await this.#visit(choose, publishers, name, Math.min(left(), choose.between(2000, longestVisitMs)));
        // Sometimes its stream ends before it is back.
        const away = choose.chance(0.2) ? streamEndsMs : choose.between(20, 1500);
        await sleep(Math.min(away, Math.max(0, left())));
      }
    });
    const watching = Array.from({ length: viewersAtOnce }, async (_, seat) => {
      const choose = chooser(names.length + seat);
      while (left() > 0) {
        await this.#visit(
          choose,
          viewers,
          choose.pick(names),
          Math.min(left(), choose.between(50, longestVisitMs)),
        );
        await sleep(choose.between(0, 500));
      }
    });
    const tidying = setInterval(() => this.#forgetRecordings(), 10_000);
    await Promise.all([...publishing, ...watching]);
    clearInterval(tidying);
  }

  async #visit(choose, parts, name, ms) {
    const part = choose.pick(Object.keys(parts));
    this.visits[part] = (this.visits[part] ?? 0) + 1;
    const [abrupt, clip] = [choose.chance(0.5), choose.pick(this.#clips)];
    const visit = parts[part]({ url: this.#url, name, ms, abrupt, clip });
    this.#present.add(visit);
    await visit;
    this.#present.delete(visit);
  }

  /** The disk is not what is measured. */
  #forgetRecordings() {
    for (const file of readdirSync(this.#folder).sort().slice(0, -8)) rmSync(join(this.#folder, file));
  }
}

function chooser(seat) {
  const random = seededRandom(seed * 1000 + seat);
  return {
    chance: (probability) => random() < probability,
    between: (low, high) => low + random() * (high - low),
    pick: (items) => items[Math.floor(random() * items.length)],
  };
}

/** What the server holds when nobody has been there for a time. */
async function atRest(url, pid, inspectorPort) {
  await sleep(restMs);
  const { streams, viewers } = await (await fetch(`${url}/healthz`)).json();
  const metrics = await (await fetch(`${url}/metrics`, { headers: { Connection: "close" } })).text();
  const resources = [...metrics.matchAll(/^nalive_active_resources\{kind="(\w+)"\} (\d+)$/gm)].map(
    ([, kind, count]) => [kind, Number(count)],
  );
  const counts = countsOf(pid);
  const collected = await collectedMemory(inspectorPort);
  return { streams, viewers, ...counts, ...collected, resources: Object.fromEntries(resources) };
}

function countsOf(pid) {
  return {
    mebibytes: residentMiB(pid),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: statusNumber(pid, "Threads"),
  };
}

function report({ minutes, samples, before, after, visits }) {
  const secondHalf = samples.slice(samples.length >> 1);
  const slopePerHour = slope(secondHalf.map(({ seconds, mebibytes }) => [seconds, mebibytes])) * 3600;
  const most = (key) => Math.max(...samples.map((sample) => sample[key]));
  const kinds = [...new Set([before, after].flatMap(({ resources }) => Object.keys(resources)))].sort();
  const row = (what, of, during = "–") => [what, of(before), during, of(after)];
  write(samples, slopePerHour);
  return {
    tables: [
      {
        caption: `${minutes} minutes, ${Object.values(visits).reduce((sum, count) => sum + count, 0)} visits`,
        header: ["", "at rest before", "most", "at rest after"],
        rows: [
          row("resident, MiB", ({ mebibytes }) => mebibytes.toFixed(1), most("mebibytes").toFixed(1)),
          row("heap after a collection, MiB", ({ heapMebibytes }) => heapMebibytes.toFixed(1)),
          row("buffers after a collection, MiB", ({ bufferMebibytes }) => bufferMebibytes.toFixed(1)),
          row("file descriptors", ({ descriptors }) => descriptors, most("descriptors")),
          row("threads", ({ threads }) => threads, most("threads")),
          row("streams", ({ streams }) => streams),
          row("viewers", ({ viewers }) => viewers),
          ...kinds.map((kind) => row(kind, ({ resources }) => resources[kind] ?? 0)),
        ],
      },
    ],
    notes: [
      `Visits: ${Object.entries(visits)
        .map(([part, count]) => `${part} ${count}`)
        .join(", ")}.`,
      `Slope of the second half: ${slopePerHour.toFixed(1)} MiB an hour, between ${Math.min(...secondHalf.map(({ mebibytes }) => mebibytes)).toFixed(1)} and ${Math.max(...secondHalf.map(({ mebibytes }) => mebibytes)).toFixed(1)} MiB.`,
      "Every second: out/bench/serve-soak.csv; plot: out/bench/serve-soak.svg.",
    ],
    figures: { minutes, visits, before, after, slopePerHour },
  };
}

function write(samples, slopePerHour) {
  mkdirSync(outputDirectory, { recursive: true });
  const lines = samples.map(({ seconds, mebibytes, descriptors, threads, present }) =>
    [seconds.toFixed(1), mebibytes.toFixed(1), descriptors, threads, present].join(),
  );
  const header = "seconds,resident_mib,descriptors,threads,present";
  writeFileSync(join(outputDirectory, "serve-soak.csv"), `${header}\n${lines.join("\n")}\n`);
  const plot = linePlot({
    title: `nalive serve, publishers and viewers coming and going: ${slopePerHour.toFixed(1)} MiB an hour in the second half`,
    xLabel: "minutes",
    yLabel: "MiB",
    points: samples.map(({ seconds, mebibytes }) => [seconds / 60, mebibytes]),
  });
  writeFileSync(join(outputDirectory, "serve-soak.svg"), plot);
}

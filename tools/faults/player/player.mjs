// `<nalive-player>` in Chromium as the receiver: sender → fault → `nalive serve` → WebSocket → canvas.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { completeConfig } from "../../../dist/node/serve/config/read-config.js";
import { startServer } from "../../../dist/node/serve/server.js";
import { lanHost, launchChromium } from "../../shared/chromium.mjs";
import { judge } from "../run/judge.mjs";
import { LatenessWatch } from "../run/lateness-watch.mjs";
import { planOf } from "../run/run.mjs";
import { send } from "../run/sender.mjs";
import { defineDigest, watchPlayer } from "./page.mjs";
import { canvasDigests } from "./reference.mjs";

/** Kinds of which each picture lost or damaged is found in the bitstream, whoever decodes it, and what happens to real encoders. */
export const playerKinds = [
  "no-fault",
  "unit-lost",
  "reference-lost",
  "non-reference-lost",
  "idr-lost",
  "units-lost-in-a-row",
  "slice-lost",
  "sps-or-pps-lost",
  "changed-sets-lost",
  "sets-once",
  "truncated",
  "truncated-tail",
  "hole-in-slice",
  "mbaff-damaged",
  "bit-flip-data",
  "cut-in-picture",
  "udp-loss",
  "encoder-restart",
  "resolution",
];

/** What Chromium's decoder does not take, or does not take as a start. */
const notForBrowsers = /high-|444|bare|refresh|long/;
/** Pictures a second: each can be seen, at 60 refreshes. */
const rate = 30;
const settledMs = 400;
const timeoutMs = 60_000;

const addresses = {
  tcp: (port) => `tcp://127.0.0.1:${port}?listen`,
  ws: (port) => `ws://127.0.0.1:${port}/?listen`,
  udp: (port) => `udp://127.0.0.1:${port}?rcvbuf=4M`,
};

/** A browser for any number of runs. */
export class PlayerReceiver {
  #browser;
  #plainPage;
  /** Digests on a canvas by clip. */
  #digests = new Map();

  /** The caller closes it. */
  static async open() {
    const receiver = new PlayerReceiver();
    receiver.#browser = await launchChromium("--autoplay-policy=no-user-gesture-required", lanHost);
    return receiver;
  }

  close() {
    return this.#browser.close();
  }

  /** What the first seed from this one on stands for whose stream browsers decode. */
  planOf(kind, seed) {
    for (let attempt = 0; ; attempt++) {
      const plan = planOf(kind, seed + attempt * 1000);
      if (!notForBrowsers.test(plan.stream.name)) return { ...plan, fps: rate };
    }
  }

  /** @returns what `judge` says, with the plan's names */
  async runOnce(kind, plan) {
    const port = await freePort(plan.transport);
    const server = await startServer(
      completeConfig({ port: 0, log: "silent", sources: { cam: addresses[plan.transport](port) } }),
    );
    const page = await this.#browser.newPage();
    const watch = new LatenessWatch();
    try {
      const pictureOf = await this.#picturesByDigest(plan.stream, server.url);
      await page.addInitScript(defineDigest);
      await page.addInitScript(watchPlayer);
      await page.goto(`${server.url}/watch/cam`);
      await page.waitForFunction(() =>
        window.told.some(({ event, detail }) => event === "state" && detail.type === "waiting"),
      );
      const run = async () => {
        const api = async () => (await fetch(`${server.url}/api/streams/cam`)).json();
        const turns = await send(plan, port, async () => {
          while ((await api()).state === "live") await sleep(10);
        });
        await settled(page);
        const { seen, told } = await page.evaluate(() => ({ seen: window.seen, told: window.told }));
        const { issues, receivedBytes } = await api();
        // A picture that its decoder fails at takes it to another decoder, which is told as well.
        const tiers = [
          ...new Set(told.flatMap(({ event, detail }) => (event === "tier" ? [detail.name] : []))),
        ];
        if (tiers.join() !== "webcodecs") throw new Error(`the player used ${tiers.join(", ")}`);
        const held = told.flatMap(({ event, detail }) => (event === "held" ? [detail.code] : []));
        const shown = seen.map(({ digest, at }) => ({
          digest: pictureOf.get(digest)?.digest ?? digest,
          at: at - performance.timeOrigin,
        }));
        const skipped = told.filter(
          ({ event, detail }) => event === "picture" && detail.outcome === "skipped",
        ).length;
        // On a machine too busy to decode, pictures are left out: then only torn ones and order are judged.
        const isBusy = held.includes("dropped-late");
        return judge(kind, plan, {
          turns,
          shown,
          issues: [...issues, ...countedByCode(held)],
          receivedBytes,
          sawDelay: watch.largestMs,
          skipped: isBusy ? Number.POSITIVE_INFINITY : skipped,
        });
      };
      const late = sleep(timeoutMs, undefined, { ref: false }).then(() => {
        throw new Error(`it still ran after ${timeoutMs / 1000} s`);
      });
      return await Promise.race([run(), late]);
    } catch (error) {
      const { stream, parts } = plan;
      const failures = [String(error)];
      return { stream: stream.name, sent: parts.length, shown: 0, torn: 0, failures, late: [], causes: [] };
    } finally {
      watch.end();
      await page.close();
      await server.stop();
    }
  }

  async #picturesByDigest({ name, pictures }, url) {
    const digests = [];
    for (const clip of name.split(" + ")) {
      if (!this.#digests.has(clip)) this.#digests.set(clip, this.#decode(clip, url));
      digests.push(...(await this.#digests.get(clip)));
    }
    return new Map(digests.map((digest, index) => [digest, pictures[index]]));
  }

  /** One clip after the other. */
  #decode(clip, url) {
    const previous = this.#plainPage;
    const decoding = (async () => {
      await previous?.catch(() => undefined);
      // Of a secure origin, where there is WebCodecs.
      const page = await this.#browser.newPage();
      await page.addInitScript(defineDigest);
      await page.goto(`${url}/healthz`);
      const digests = await canvasDigests(page, clip);
      await page.close();
      return digests;
    })();
    this.#plainPage = decoding;
    return decoding;
  }
}

function countedByCode(codes) {
  return [...new Set(codes)].map((code) => ({ code, count: codes.filter((other) => other === code).length }));
}

/** Resolves when for a while nothing new has been told. */
async function settled(page) {
  let last = -1;
  for (let since = performance.now(); performance.now() - since < settledMs; ) {
    await sleep(50);
    const count = await page.evaluate(() => window.told.length + window.seen.length);
    if (count !== last) since = performance.now();
    last = count;
  }
}

async function freePort(transport) {
  if (transport === "udp") {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    socket.close();
    return port;
  }
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

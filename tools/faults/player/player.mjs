// `<nalive-player>` in Chromium as the receiver: sender → fault → `nalive serve` → WebSocket →
// canvas.
import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "../../../dist/node/serve/server.js";
import { lanHost, launchChromium } from "../../shared/chromium.mjs";
import { freeTcpPort, freeUdpPort } from "../../shared/ports.mjs";
import { judge } from "../run/judge.mjs";
import { LatenessWatch } from "../run/lateness-watch.mjs";
import { planOf } from "../run/run.mjs";
import { send } from "../run/sender.mjs";
import { failedVerdict, verdictInTime } from "../run/verdict-in-time.mjs";
import { countRecords, defineDigest, isWaiting, readRecord, recordPlayer } from "./page.mjs";
import { canvasDigests } from "./reference.mjs";

/**
 * @import { Browser, Page } from "playwright-core"
 * @import { Stream } from "../clips/stream.mjs"
 * @import { Kind, Plan, Transport } from "../plan.mjs"
 * @import { Seen, Verdict } from "../run/judge.mjs"
 */

/**
 * Kinds whose losses and damage the bitstream reveals to any decoder, and what happens to real
 * encoders.
 */
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
  "order-learned",
  "sets-changed-between",
  "size-changed-in-group",
  "bad-nal-units",
  "frame-num-counts-all",
  "order-counts-equal",
];

/** Clips that Chromium's decoder does not take, or not as a start. */
const notForBrowsers = /high-|444|bare|refresh|long/;
/** Pictures per second: a browser draws each of them, at 60 refreshes. */
const rate = 30;
/** When nothing new has happened for this long after the sender has ended, nothing more will. */
const quietMs = 400;

/** @type {Record<Transport, (port: number) => string>} */
const addresses = {
  tcp: (port) => `tcp://127.0.0.1:${port}?listen`,
  ws: (port) => `ws://127.0.0.1:${port}/?listen`,
  udp: (port) => `udp://127.0.0.1:${port}?rcvbuf=4M`,
};

/** A browser for any number of runs. */
export class PlayerReceiver {
  #browser;
  /** The latest plain decode: they run one after the other. */
  #plainDecode = Promise.resolve();
  /**
   * Digests of each picture on a canvas, by clip.
   *
   * @type {Map<string, Promise<string[]>>}
   */
  #digests = new Map();

  /** @param {Browser} browser */
  constructor(browser) {
    this.#browser = browser;
  }

  /** The caller closes it. */
  static async open() {
    return new PlayerReceiver(await launchChromium("--autoplay-policy=no-user-gesture-required", lanHost));
  }

  close() {
    return this.#browser.close();
  }

  /**
   * The plan of the first seed, from this one on, whose stream browsers decode.
   *
   * @param {Kind} kind
   * @param {number} seed
   * @returns {Plan}
   */
  planOf(kind, seed) {
    for (let attempt = 0; ; attempt++) {
      const plan = planOf(kind, seed + attempt * 1000);
      if (!notForBrowsers.test(plan.stream.name)) return { ...plan, fps: rate };
    }
  }

  /**
   * @param {Kind} kind
   * @param {Plan} plan
   * @returns {Promise<Verdict>}
   */
  async runOnce(kind, plan) {
    const port = await (plan.transport === "udp" ? freeUdpPort() : freeTcpPort());
    const sources = { cam: addresses[plan.transport](port) };
    const server = await startServer({ port: 0, log: "silent", sources });
    const page = await this.#browser.newPage();
    const lateness = new LatenessWatch();
    try {
      const digestOf = await this.#digestsByCanvas(plan.stream, server.url);
      await page.addInitScript(defineDigest);
      await page.addInitScript(recordPlayer);
      await page.goto(`${server.url}/watch/cam`);
      await page.waitForFunction(isWaiting);
      return await verdictInTime(plan, async () => {
        const sent = await send(plan, port, async () => {
          while ((await streamOf(server.url)).state === "live") await sleep(10);
        });
        await quiet(page);
        const { issues, receivedBytes } = await streamOf(server.url);
        const { shown, held, skipped } = await showingOf(page, digestOf);
        return judge(kind, plan, sent, {
          shown,
          issues: [...issues, ...countedByCode(held)],
          receivedBytes,
          processLateMs: lateness.largestMs,
          skipped,
        });
      });
    } catch (error) {
      return failedVerdict(plan, error);
    } finally {
      lateness.end();
      await page.close();
      await server.stop();
    }
  }

  /**
   * FFmpeg's digest of each picture of a stream, by its digest on a canvas.
   *
   * @param {Stream} stream
   * @param {string} url of a server, for a secure page
   */
  async #digestsByCanvas({ name, pictures }, url) {
    /** @type {string[]} */
    const onCanvas = [];
    for (const clip of name.split(" + ")) {
      const decoding = this.#digests.get(clip) ?? this.#decode(clip, url);
      this.#digests.set(clip, decoding);
      onCanvas.push(...(await decoding));
    }
    return new Map(pictures.map(({ digest }, index) => [onCanvas[index] ?? "", digest]));
  }

  /**
   * @param {string} clip
   * @param {string} url
   */
  #decode(clip, url) {
    const decoding = this.#plainDecode.then(async () => {
      // A page of a secure origin has WebCodecs.
      const page = await this.#browser.newPage();
      await page.addInitScript(defineDigest);
      await page.goto(`${url}/healthz`);
      const digests = await canvasDigests(page, clip);
      await page.close();
      return digests;
    });
    this.#plainDecode = decoding.then(
      () => undefined,
      () => undefined,
    );
    return decoding;
  }
}

/**
 * What the server says about its stream.
 *
 * @param {string} url
 * @returns {Promise<{ state: string, issues: { code: string, count: number }[], receivedBytes:
 *   number }>}
 */
async function streamOf(url) {
  const response = await fetch(`${url}/api/streams/cam`);
  return await response.json();
}

/**
 * What the page has shown, and the codes of the pictures it held back.
 *
 * @param {Page} page
 * @param {Map<string, string>} digestOf
 * @returns {Promise<Pick<Seen, "shown"> & { skipped: number, held: string[] }>}
 */
async function showingOf(page, digestOf) {
  const { seen, reports } = await page.evaluate(readRecord);
  // When the decoder fails at a picture, the player takes another one and reports that tier again.
  const tiers = new Set(reports.flatMap(({ event, detail }) => (event === "tier" ? [detail.name] : [])));
  if ([...tiers].join() !== "webcodecs") throw new Error(`The player used ${[...tiers].join(", ")}`);
  const shown = seen.map(({ digest, at }) => ({
    digest: digestOf.get(digest) ?? digest,
    at: at - performance.timeOrigin,
  }));
  const held = reports.flatMap(({ event, detail }) => (event === "held" ? [detail.code] : []));
  const skipped = reports.filter(
    ({ event, detail }) => event === "picture" && detail.outcome === "skipped",
  ).length;
  // A machine too busy to decode leaves pictures out: then only torn pictures and order are judged.
  const isBusy = held.includes("dropped-late");
  return { shown, held, skipped: isBusy ? Number.POSITIVE_INFINITY : skipped };
}

/** @param {readonly string[]} codes */
function countedByCode(codes) {
  return [...new Set(codes)].map((code) => ({ code, count: codes.filter((other) => other === code).length }));
}

/**
 * Resolves when for a while the page has recorded nothing new.
 *
 * @param {Page} page
 */
async function quiet(page) {
  let last = -1;
  for (let since = performance.now(); performance.now() - since < quietMs; ) {
    await sleep(50);
    const count = await page.evaluate(countRecords);
    if (count !== last) since = performance.now();
    last = count;
  }
}

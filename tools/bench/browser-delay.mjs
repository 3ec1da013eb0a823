import { setTimeout as sleep } from "node:timers/promises";
import { lanName, whyNoChromium } from "../shared/chromium.mjs";
import { itemAt } from "../shared/item-at.mjs";
import { seededRandom } from "../shared/random.mjs";
import { median } from "../shared/statistics.mjs";
import { barePage, jmuxerPage, nalivePage } from "./browser/page-server.mjs";
import { clockOffset, isConnected, notes as notesOf, tierInUse } from "./browser/questions.mjs";
import { onStage } from "./browser/stage.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { formatCounts, formatSpread } from "./figures/cells.mjs";
import { alternate, byName } from "./figures/rounds.mjs";
import { delayTable, withoutDelays } from "./runs/delay-report.mjs";
import { judge } from "./runs/judge.mjs";
import { connectWebSocket } from "./runs/senders.mjs";

/**
 * @import { Page } from "playwright-core"
 * @import { Stage } from "./browser/stage.mjs"
 * @import { Clip } from "./clips/clips.mjs"
 * @import { Table } from "./figures/report.mjs"
 * @import { Outcome } from "./figures/rounds.mjs"
 * @import { LiveVerdict } from "./runs/judge.mjs"
 *
 * @typedef {LiveVerdict & { drawn: number, drawnP50: number }} PageVerdict
 *
 * @typedef {object} Contestant
 * @property {string} name
 * @property {(stage: Stage, clip: Clip) => Promise<PageVerdict>} play
 */

export const title = "Last byte published to picture readable in the browser, sampled at the page's refresh";

const codec = "avc1.64001F";
/** What comes later than this after the last picture came late. */
const lingerMs = 500;

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ pictures, rounds }) {
  if (whyNoChromium) return { tables: [], notes: [`skipped: ${whyNoChromium}`], figures: {} };
  return onStage(async (stage) => {
    /** @type {Table[]} */
    const tables = [];
    /** @type {Record<string, object>} */
    const figures = {};
    const notes = [
      "lost: not seen at any refresh; drawn: pictures drawn, as the page counts them, and when drawing ended, by its own clock.",
      "Target: p50 <= 1.15 of the bare page and 0.45 of JMuxer; with B pictures <= 0.4 of the bare page, all drawn, none swapped.",
    ];
    for (const bFrames of [0, 2]) {
      const clip = await makeClip({ ...cameraSpec, pictures, bFrames });
      const nalive = contestant("nalive, published in shreds", playNalive("webcodecs", "127.0.0.1"));
      const bare = contestant("bare page, whole pictures", playWhole(barePage(codec)));
      const jmuxer = contestant("JMuxer, whole pictures", playWhole(jmuxerPage(clip.spec.fps)));
      const mse = contestant("nalive, MSE tier, page not secure", playNalive("mse", lanName));
      const outcomes = await alternate(rounds, [nalive, bare, jmuxer, mse], ({ play }) => play(stage, clip));
      const roundsOf = (/** @type {Contestant} */ { name }) =>
        outcomes.find((outcome) => outcome.name === name)?.rounds ?? [];
      const caption = bFrames === 0 ? "No B pictures" : `${bFrames} B pictures`;
      const ratios = {
        toBare: ratiosOf(roundsOf(nalive), roundsOf(bare), "p50"),
        toJMuxer: ratiosOf(roundsOf(nalive), roundsOf(jmuxer), "p50"),
        drawnToBare: ratiosOf(roundsOf(nalive), roundsOf(bare), "drawnP50"),
      };
      tables.push(withDrawn(delayTable(caption, outcomes, outcomes[1]), outcomes));
      figures[caption] = { ...byName(outcomes, withoutDelays), ratios };
      notes.push(
        `${caption}: nalive's p50 is ${formatSpread(ratios.toBare, 2)} of the bare page's and ` +
          `${formatSpread(ratios.toJMuxer, 2)} of JMuxer's; ` +
          `it draws after ${formatSpread(ratios.drawnToBare, 2)} of the bare page's time`,
      );
    }
    return { tables, notes, figures };
  });
}

/**
 * @param {string} name
 * @param {Contestant["play"]} play
 * @returns {Contestant}
 */
const contestant = (name, play) => ({ name, play });

/**
 * Round by round, because the machine's speed affects both alike.
 *
 * @param {readonly PageVerdict[]} own
 * @param {readonly PageVerdict[]} other
 * @param {"p50" | "drawnP50"} key
 */
function ratiosOf(own, other, key) {
  return own.map((round, index) => round[key] / itemAt(other, index)[key]);
}

/**
 * @param {Table} table
 * @param {readonly Outcome<Contestant, PageVerdict>[]} outcomes
 * @returns {Table}
 */
function withDrawn({ caption, header, rows }, outcomes) {
  const drawn = outcomes.map(({ rounds }) => [
    formatCounts(rounds.map((round) => round.drawn)),
    formatSpread(rounds.map(({ drawnP50 }) => drawnP50)),
  ]);
  return {
    caption,
    header: [...header, "drawn", "drawn p50"],
    rows: rows.map((row, index) => [...row, ...itemAt(drawn, index)]),
  };
}

let streams = 0;

/**
 * A publisher on a WebSocket that cuts its bytes anywhere; nalive's server; its player.
 *
 * @param {string} tier that the player must use
 * @param {string} host of the page
 * @returns {Contestant["play"]}
 */
const playNalive =
  (tier, host) =>
  async ({ browser, server, pages }, clip) => {
    const name = `cam${streams++}`;
    pages.page = nalivePage(`${server.url.replace("http", "ws")}/streams/${name}/ws`);
    const sender = await connectWebSocket(server.port, `publish/${name}`);
    const random = seededRandom(1);
    /** @param {Buffer} bytes */
    const send = async (bytes) => {
      let at = 0;
      for (let start = 0; start < bytes.length; ) {
        const end = Math.min(bytes.length, start + 200 + Math.floor(random() * 2600));
        at = await sender.write(bytes.subarray(start, end));
        start = end;
      }
      return at;
    };
    const page = await browser.newPage();
    try {
      await page.goto(pages.url.replace("127.0.0.1", host));
      await page.waitForFunction(isConnected);
      const verdict = await play(page, clip, send);
      const used = await page.evaluate(tierInUse);
      if (used?.name !== tier)
        throw new Error(`The player used ${used?.name}, expected ${tier}: ${used?.why}`);
      return verdict;
    } finally {
      sender.close();
      await page.close();
    }
  };

/**
 * A page that is sent whole access units, by a server that knows where they end.
 *
 * @param {string} html
 * @returns {Contestant["play"]}
 */
const playWhole =
  (html) =>
  async ({ browser, pages }, clip) => {
    pages.page = html;
    const page = await browser.newPage();
    try {
      await page.goto(pages.url);
      while (pages.viewers === 0) await sleep(10);
      return await play(page, clip, async (bytes) => pages.send(bytes));
    } finally {
      await page.close();
    }
  };

/**
 * @param {Page} page
 * @param {Clip} clip
 * @param {(bytes: Buffer) => Promise<number>} send resolves with the time of the last byte
 * @returns {Promise<PageVerdict>}
 */
async function play(page, clip, send) {
  const offset = await page.evaluate(clockOffset);
  await sleep(300);
  /** @type {number[]} */
  const sentAt = [];
  const start = performance.now() + 20;
  // During a run, the camera's pace shifts once around the page's refresh, so that no contestant is
  // lucky.
  const interval = 1000 / clip.spec.fps + 1000 / 60 / clip.accessUnits.length;
  for (const [index, bytes] of clip.accessUnits.entries()) {
    await sleep(Math.max(0, start + index * interval - performance.now()));
    sentAt[index] = await send(bytes);
  }
  await sleep(lingerMs);
  const closedAt = performance.now();
  const { seen, drawn, drawnAt } = await page.evaluate(notesOf);
  const shown = seen.map(({ number, at }) => ({ number, at: at - offset }));
  const first = shown.findIndex(({ number }) => number !== undefined);
  const firstByteAt = itemAt(sentAt, 0);
  const delays = drawnAt.flatMap((at, index) => {
    const sent = sentAt[drawn[index] ?? -1];
    return sent === undefined ? [] : [at - offset - sent];
  });
  return {
    ...judge(clip, { shown: shown.slice(Math.max(0, first)), sentAt, firstByteAt, closedAt }),
    drawn: drawn.length,
    drawnP50: median(delays),
  };
}

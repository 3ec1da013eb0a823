import { setTimeout as sleep } from "node:timers/promises";
import { whyNoChromium } from "../shared/chromium.mjs";
import { itemAt } from "../shared/item-at.mjs";
import { decodingPage, nalivePage } from "./browser/page-server.mjs";
import { clockOffset, decodeAll, hasReceived, notes, startPlayer } from "./browser/questions.mjs";
import { onStage } from "./browser/stage.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { formatCounts, formatSpread } from "./figures/cells.mjs";
import { alternate } from "./figures/rounds.mjs";
import { connectWebSocket } from "./runs/senders.mjs";

/**
 * @import { Stage } from "./browser/stage.mjs"
 * @import { Clip } from "./clips/clips.mjs"
 *
 * @typedef {object} Joining
 * @property {number} fromConnected ms until the first picture was seen, from the connection
 * @property {number} fromSet the same, from when the player's `src` was set
 * @property {number} behind pictures sent when the first one was seen that are newer than it
 * @property {number} older pictures seen after the first one that precede it
 */

export const title = "Joining in the middle of a group of 10 s: the first picture in the browser";

const codec = "avc1.64001F";
/** Pictures published before the viewer joins, and after. */
const before = 150;
const after = 45;

/** @type {import("./figures/report.mjs").Benchmark["run"]} */
export async function run({ rounds }) {
  if (whyNoChromium) return { tables: [], notes: [`skipped: ${whyNoChromium}`], figures: {} };
  const clip = await makeClip({ ...cameraSpec, pictures: 300, gop: 300 });
  return onStage(async (stage) => {
    // Both in each round, because the machine's speed affects both alike.
    const [outcome] = await alternate(rounds, [{ name: "nalive" }], async (_, round) => ({
      ...(await join(stage, clip, `join${round}`)),
      alone: await decodeAlone(stage, clip),
    }));
    const results = outcome?.rounds ?? [];
    const ratios = results.map(({ fromConnected, alone }) => fromConnected / alone);
    const row = [
      "nalive",
      formatSpread(results.map(({ fromConnected }) => fromConnected)),
      formatSpread(results.map(({ fromSet }) => fromSet)),
      formatCounts(results.map(({ behind }) => behind)),
      formatCounts(results.map(({ older }) => older)),
      formatSpread(results.map(({ alone }) => alone)),
    ];
    return {
      tables: [{ header, rows: [row] }],
      notes: [
        "connected: the server's hello has arrived. The player tests the decoder after it, while the group is decoded.",
        "behind the newest: pictures sent when the first one was seen that are newer; older seen: pictures seen after it that precede it.",
        `decoding alone: this browser's VideoDecoder with the ${before} pictures at hand, drawing nothing; nalive takes ${formatSpread(ratios, 2)} of that.`,
        "Target: newest picture <= 300 ms after the viewer connects, no old picture seen.",
      ],
      figures: { results, ratios },
    };
  });
}

const header = [
  "ms",
  "connected → seen",
  "src set → seen",
  "behind the newest",
  "older seen",
  "decoding alone",
];

/**
 * @param {Stage} stage
 * @param {Clip} clip
 * @param {string} name of the stream
 * @returns {Promise<Joining>}
 */
async function join({ browser, server, pages }, clip, name) {
  pages.page = nalivePage("");
  const sender = await connectWebSocket(server.port, `publish/${name}`);
  const page = await browser.newPage();
  try {
    await page.goto(pages.url);
    const offset = await page.evaluate(clockOffset);
    /** @type {number[]} */
    const sentAt = [];
    const start = performance.now();
    /**
     * @param {number} from
     * @param {number} to
     */
    const publish = async (from, to) => {
      for (let index = from; index < to; index++) {
        await sleep(Math.max(0, start + (index * 1000) / clip.spec.fps - performance.now()));
        sentAt[index] = await sender.write(itemAt(clip.accessUnits, index));
      }
    };
    await publish(0, before);
    const joining = page.evaluate(startPlayer, `${server.url.replace("http", "ws")}/streams/${name}/ws`);
    await publish(before, before + after);
    await joining;
    const { seen, times } = await page.evaluate(notes);
    const pictures = seen.flatMap(({ number, at }) => (number === undefined ? [] : [{ number, at }]));
    const first = itemAt(pictures, 0);
    const newest = sentAt.findLastIndex((at) => at + offset <= first.at);
    return {
      fromConnected: first.at - times.connected,
      fromSet: first.at - times.set,
      behind: newest - first.number,
      older: pictures.filter(({ number }) => number < first.number).length,
    };
  } finally {
    sender.close();
    await page.close();
  }
}

/**
 * How long decoding the group takes on this machine now, ms.
 *
 * @param {Stage} stage
 * @param {Clip} clip
 */
async function decodeAlone({ browser, pages }, clip) {
  pages.page = decodingPage(codec);
  const page = await browser.newPage();
  try {
    await page.goto(pages.url);
    while (pages.viewers === 0) await sleep(10);
    for (const bytes of clip.accessUnits.slice(0, before)) pages.send(bytes);
    await page.waitForFunction(hasReceived, before);
    return await page.evaluate(decodeAll);
  } finally {
    await page.close();
  }
}

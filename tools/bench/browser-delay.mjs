import { setTimeout as sleep } from "node:timers/promises";
import { lanName, whyNoChromium } from "../shared/chromium.mjs";
import { launchBrowser, startServer } from "./browser/browser.mjs";
import { barePage, jmuxerPage, nalivePage, PageServer } from "./browser/browser-pages.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { delayTable, withoutDelays } from "./figures/delay-report.mjs";
import { alternate } from "./figures/rounds.mjs";
import { median, seededRandom } from "./figures/statistics.mjs";
import { formatCounts, formatSpread } from "./figures/table.mjs";
import { judge } from "./runs/judge.mjs";
import { connectWebSocket } from "./runs/senders.mjs";

export const title = "Last byte published to picture readable in the browser, sampled at the page's refresh";

const codec = "avc1.64001F";
/** After the last picture: what comes later came late. */
const lingerMs = 500;

export async function run({ pictures, rounds }) {
  if (whyNoChromium) return { tables: [], notes: [`skipped: ${whyNoChromium}`], figures: {} };
  const browser = await launchBrowser();
  const server = await startServer();
  const pages = await PageServer.start();
  const stage = { browser, server, pages };
  try {
    const tables = [];
    const figures = {};
    for (const bFrames of [0, 2]) {
      const clip = await makeClip({ ...cameraSpec, pictures, bFrames });
      const contestants = [
        { name: "nalive, published in shreds", play: playNalive, tier: "webcodecs" },
        { name: "bare page, whole pictures", play: playWhole, page: barePage(codec) },
        { name: "JMuxer, whole pictures", play: playWhole, page: jmuxerPage(clip.spec.fps) },
        { name: "nalive, MSE tier, page not secure", play: playNalive, host: lanName, tier: "mse" },
      ];
      const results = await alternate(rounds, contestants, async (contestant) =>
        contestant.play(stage, clip, contestant),
      );
      const byName = contestants.map((each) => [each.name, results.get(each)]);
      const caption = bFrames === 0 ? "P pictures only" : `${bFrames} B pictures`;
      const bare = results.get(contestants[1]);
      tables.push(withDrawn(delayTable(caption, byName, bare), byName));
      figures[caption] = Object.fromEntries(byName.map(([name, of]) => [name, of.map(withoutDelays)]));
      figures[caption].ratios = {
        toBare: ratios(results.get(contestants[0]), bare, "p50"),
        toJMuxer: ratios(results.get(contestants[0]), results.get(contestants[2]), "p50"),
        drawnToBare: ratios(results.get(contestants[0]), bare, "drawnP50"),
      };
    }
    return {
      tables,
      notes: [
        "lost: not seen at any refresh; drawn: pictures drawn, as the page counts them, and when drawing ended, by its own clock.",
        "Target: p50 <= 1.15 of the bare page and 0.45 of JMuxer; with B pictures <= 0.4 of the bare page, all drawn, none swapped.",
        ...Object.entries(figures).map(
          ([caption, { ratios }]) =>
            `${caption}: nalive's p50 is ${formatSpread(ratios.toBare, 2)} of the bare page's and ${formatSpread(ratios.toJMuxer, 2)} of JMuxer's; drawn after ${formatSpread(ratios.drawnToBare, 2)} of the bare page's time`,
        ),
      ],
      figures,
    };
  } finally {
    pages.close();
    await server.stop();
    await browser.close();
  }
}

/** Round by round: what is the machine's meets both. */
const ratios = (own, other, key) => own.map((round, index) => round[key] / other[index][key]);

function withDrawn({ caption, header, rows }, byName) {
  const drawn = byName.map(([, rounds]) => [
    formatCounts(rounds.map((round) => round.drawn)),
    formatSpread(rounds.map(({ drawnP50 }) => drawnP50)),
  ]);
  return {
    caption,
    header: [...header, "drawn", "drawn p50"],
    rows: rows.map((row, index) => [...row, ...drawn[index]]),
  };
}

let names = 0;

/** A publisher on a WebSocket that cuts its bytes anywhere; nalive's server; its player. */
async function playNalive({ browser, server, pages }, clip, { host = "127.0.0.1", tier }) {
  const name = `cam${names++}`;
  pages.page = nalivePage(`${server.url}/streams/${name}/ws`);
  const sender = await connectWebSocket(new URL(server.url).port, `publish/${name}`);
  const random = seededRandom(1);
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
    await page.waitForFunction(
      () => window.player?.state.type === "waiting" || window.player?.state.type === "live",
    );
    const result = await play(page, clip, send);
    const used = await page.evaluate(() => window.player.tierInUse);
    if (used.name !== tier) throw new Error(`the player used ${used.name}, expected ${tier}: ${used.why}`);
    return result;
  } finally {
    sender.close();
    await page.close();
  }
}

/** The page is sent whole access units, by a server that knows where they end. */
async function playWhole({ browser, pages }, clip, contestant) {
  pages.page = contestant.page;
  const page = await browser.newPage();
  try {
    await page.goto(pages.url);
    while (pages.viewers === 0) await sleep(10);
    return await play(page, clip, async (bytes) => pages.send(bytes));
  } finally {
    await page.close();
  }
}

async function play(page, clip, send) {
  const { offset } = await page.evaluate(() => window.clockOffset());
  await sleep(300);
  const sentAt = [];
  const start = performance.now() + 20;
  // The camera's pace against the page's refresh goes once round in a run, so that nobody is lucky.
  const interval = 1000 / clip.spec.fps + 1000 / 60 / clip.accessUnits.length;
  for (const [index, bytes] of clip.accessUnits.entries()) {
    await sleep(Math.max(0, start + index * interval - performance.now()));
    sentAt[index] = await send(bytes);
  }
  await sleep(lingerMs);
  const closedAt = performance.now();
  const { seen, drawn, drawnAt } = await page.evaluate(() => {
    const { seen, drawn, drawnAt } = window;
    return { seen, drawn, drawnAt };
  });
  const shown = seen.map(({ number, at }) => ({ number, at: at - offset }));
  const first = shown.findIndex(({ number }) => number !== undefined);
  return {
    ...judge(clip, { shown: shown.slice(first), sentAt, firstByteAt: sentAt[0], closedAt }),
    drawn: drawn.length,
    drawnP50: median(drawnAt.map((at, index) => at - offset - sentAt[drawn[index]])),
  };
}

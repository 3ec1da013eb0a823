import { setTimeout as sleep } from "node:timers/promises";
import { whyNoChromium } from "../shared/chromium.mjs";
import { launchBrowser, startServer } from "./browser/browser.mjs";
import { decodingPage, nalivePage, PageServer } from "./browser/browser-pages.mjs";
import { cameraSpec, makeClip } from "./clips/clips.mjs";
import { alternate } from "./figures/rounds.mjs";
import { formatCounts, formatSpread } from "./figures/table.mjs";
import { connectWebSocket } from "./runs/senders.mjs";

export const title = "Joining in the middle of a group of 10 s: the first picture in the browser";

const codec = "avc1.64001F";
/** Pictures published before the viewer comes, and after. */
const before = 150;
const after = 45;

export async function run({ rounds }) {
  if (whyNoChromium) return { tables: [], notes: [`skipped: ${whyNoChromium}`], figures: {} };
  const clip = await makeClip({ ...cameraSpec, pictures: 300, gop: 300 });
  const browser = await launchBrowser();
  const server = await startServer();
  const pages = await PageServer.start();
  try {
    const contestants = [
      { name: "nalive", run: join },
      { name: "VideoDecoder alone", run: decodeAlone },
    ];
    const results = await alternate(rounds, contestants, (contestant, round) =>
      contestant.run(clip, browser, server, pages, round),
    );
    const [own, alone] = contestants.map((contestant) => results.get(contestant));
    const of = (key) => own.map((result) => result[key]);
    const ratios = own.map(({ fromConnected }, index) => fromConnected / alone[index]);
    return {
      tables: [
        {
          caption: undefined,
          header: [
            "ms",
            "connected → seen",
            "src set → seen",
            "behind the newest",
            "older seen",
            "decoding alone",
          ],
          rows: [
            [
              "nalive",
              formatSpread(of("fromConnected")),
              formatSpread(of("fromSet")),
              formatCounts(of("behind")),
              formatCounts(of("older")),
              formatSpread(alone),
            ],
          ],
        },
      ],
      notes: [
        "connected: the server's hello is here; finding out what the decoder does comes after it, while the group is decoded.",
        "behind the newest: pictures that had been sent when the first one was seen, and are newer; older seen: pictures seen after it that come before it.",
        `decoding alone: what this browser's VideoDecoder takes for the ${before} pictures, all at hand, with nothing drawn; nalive takes ${formatSpread(ratios, 2)} of that.`,
        "Target: newest picture <= 300 ms after the viewer connects, no old picture seen.",
      ],
      figures: { own, alone, ratios },
    };
  } finally {
    pages.close();
    await server.stop();
    await browser.close();
  }
}

async function join(clip, browser, server, pages, round) {
  const name = `join${round}`;
  pages.page = nalivePage("");
  const sender = await connectWebSocket(new URL(server.url).port, `publish/${name}`);
  const page = await browser.newPage();
  try {
    await page.goto(pages.url);
    const { offset } = await page.evaluate(() => window.clockOffset());
    const sentAt = [];
    const start = performance.now();
    const publish = async (from, to) => {
      for (let index = from; index < to; index++) {
        await sleep(Math.max(0, start + (index * 1000) / clip.spec.fps - performance.now()));
        sentAt[index] = await sender.write(clip.accessUnits[index]);
      }
    };
    await publish(0, before);
    const watching = page.evaluate((src) => {
      const times = { set: performance.now() };
      window.player.addEventListener("state", ({ detail }) => {
        if (detail.type === "live") times.connected ??= performance.now();
      });
      window.player.src = src;
      window.times = times;
    }, `${server.url}/streams/${name}/ws`);
    await publish(before, before + after);
    await watching;
    const { seen, times } = await page.evaluate(() => ({ seen: window.seen, times: window.times }));
    const pictures = seen.filter(({ number }) => number !== undefined);
    const [first] = pictures;
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

/** What decoding the group takes on this machine, whatever its day. */
async function decodeAlone(clip, browser, _server, pages) {
  pages.page = decodingPage(codec);
  const page = await browser.newPage();
  try {
    await page.goto(pages.url);
    while (pages.viewers === 0) await sleep(10);
    for (const bytes of clip.accessUnits.slice(0, before)) pages.send(bytes);
    await page.waitForFunction((count) => window.received() === count, before);
    return await page.evaluate(() => window.decodeAll());
  } finally {
    await page.close();
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { whyNoChromium } from "../scripts/chromium.mjs";
import { launchBrowser, startServer } from "./harness/browser.mjs";
import { bareCatchUpPage, nalivePage, PageServer } from "./harness/browser-pages.mjs";
import { cameraSpec, makeClip } from "./harness/clips.mjs";
import { alternate } from "./harness/rounds.mjs";
import { connectWebSocket } from "./harness/senders.mjs";
import { formatCounts, formatSpread } from "./harness/table.mjs";

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
      { name: "nalive", join },
      { name: "bare page, sent the group at once", join: joinBare },
    ];
    const results = await alternate(rounds, contestants, (contestant, round) =>
      contestant.join(clip, browser, server, pages, round),
    );
    const rows = contestants.map((contestant) => {
      const of = (key) => results.get(contestant).map((result) => result[key]);
      const has = (key) => of(key).every((value) => value !== undefined);
      return [
        contestant.name,
        formatSpread(of("fromConnected")),
        has("fromSet") ? formatSpread(of("fromSet")) : "",
        has("behind") ? formatCounts(of("behind")) : "",
        formatCounts(of("older")),
      ];
    });
    const [own, bare] = contestants.map((contestant) => results.get(contestant));
    const ratios = own.map(({ fromConnected }, index) => fromConnected / bare[index].fromConnected);
    return {
      tables: [
        {
          caption: undefined,
          header: ["ms", "connected → seen", "src set → seen", "behind the newest", "old ones seen"],
          rows,
        },
      ],
      notes: [
        "connected: the server's hello is here; finding out what the decoder does comes after it, while the group is decoded.",
        `behind the newest: pictures that had been sent when the first one was seen, and are newer; old ones seen: pictures older than the first that should be, ${before - 1}.`,
        "The bare page hands all to VideoDecoder as it comes and shows the newest it has: until it sees the newest that there was when it connected is what decoding the group takes here.",
        "Target: newest picture <= 300 ms after the viewer connects, no old picture seen.",
        `nalive takes ${formatSpread(ratios, 2)} of the bare page's time.`,
      ],
      figures: { own, bare, ratios },
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
      older: pictures.filter(({ number }) => number < before - 1).length,
    };
  } finally {
    sender.close();
    await page.close();
  }
}

async function joinBare(clip, browser, _server, pages) {
  pages.page = bareCatchUpPage(codec);
  const page = await browser.newPage();
  try {
    await page.goto(pages.url);
    await page.evaluate(() => window.connect());
    while (pages.viewers === 0) await sleep(1);
    for (const bytes of clip.accessUnits.slice(0, before)) pages.send(bytes);
    const newest = (number) => window.seen.find((each) => each.number === number);
    await page.waitForFunction(newest, before - 1);
    const { seen, times } = await page.evaluate(() => ({ seen: window.seen, times: window.times }));
    const pictures = seen.filter(({ number }) => number !== undefined);
    return {
      fromConnected: pictures.find(({ number }) => number === before - 1).at - times.connected,
      older: pictures.filter(({ number }) => number < before - 1).length,
    };
  } finally {
    await page.close();
  }
}

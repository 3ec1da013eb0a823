import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page, Worker } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NalivePlayerElement } from "../../dist/browser/index.js";
import { makeClip } from "../source/clip.js";
import { launchChromium, noChromium, seenPictures, told, watchPictures } from "./chromium.js";
import { Relay } from "./relay.js";

const width = 640;
const size = "size=640x360";
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const endOfSequence = /Uint8Array\.of\(0, ?0, ?1, ?10\)/;
const noFfmpeg = spawnSync("ffmpeg", ["-version"]).error && "ffmpeg is not installed";

/** Access units of P pictures in CAVLC, where browsers notice damage. */
function makeCavlcClip(pictures: number, gop: number): Uint8Array[] {
  const source = `testsrc2=size=640x360:rate=30,noise=alls=6:allf=t`;
  const x264 = `keyint=${gop}:scenecut=0:bframes=0:slices=1:cabac=0:aud=1`;
  const { stdout } = spawnSync(
    "ffmpeg",
    [
      ..."-loglevel error -f lavfi -i".split(" "),
      source,
      ..."-pix_fmt yuv420p -c:v libx264 -preset veryfast -f h264 -frames:v".split(" "),
      `${pictures}`,
      "-x264-params",
      x264,
      "-",
    ],
    { maxBuffer: 1e8 },
  );
  const delimiter = Buffer.from([0, 0, 0, 1, 9]);
  const units: Uint8Array[] = [];
  for (let at = 0; at >= 0; ) {
    const next = stdout.indexOf(delimiter, at + 1);
    units.push(stdout.subarray(at, next < 0 ? stdout.length : next));
    at = next;
  }
  return units;
}

describe.skipIf(noChromium)("the WebCodecs tier in Chromium", () => {
  let browser: Browser;
  let relay: Relay;
  let page: Page;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    relay = await Relay.start();
    page = await browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await watchPictures(page, width);
  });
  afterEach(async () => {
    await page.close();
    await relay.stop();
  });

  /** Publishes pictures at an even pace. */
  async function send(units: readonly Uint8Array[], everyMs = 33): Promise<void> {
    for (const unit of units) {
      relay.publish(unit);
      await sleep(everyMs);
    }
  }

  /** The page watches. */
  async function connected(): Promise<void> {
    while (relay.viewers.size === 0) await sleep(10);
  }

  /** The player's worker, once a decoder has been chosen. */
  async function decoding(): Promise<Worker> {
    await page.waitForFunction(() => document.querySelector("nalive-player")!.tierInUse);
    return page.workers()[0]!;
  }

  /** What the player said of the decoders that it used. */
  const decoders = async () =>
    (await told(page)).filter(({ event }) => event === "tier").map(({ why }) => why as string);

  /**
   * From here on the browser's own choice of decoder does what a broken one of hardware does: `fail` says so at each chunk that
   * `isFault` names, `stall` never gives out anything for it. All else is done by the real decoder. A string, because it runs in the worker.
   */
  async function breakHardware(how: "fail" | "stall", isFault: string): Promise<void> {
    const worker = await decoding();
    await worker.evaluate(
      ({ how, isFault }) => {
        const scope = self as unknown as { VideoDecoder: typeof VideoDecoder };
        const isFaulty = new Function("timestamp", `return ${isFault}`) as (timestamp: number) => boolean;
        scope.VideoDecoder = class extends VideoDecoder {
          readonly #fail: () => void;
          #isHardware = false;
          #isDead = false;
          constructor(init: VideoDecoderInit) {
            super(init);
            this.#fail = () => {
              if (this.state === "closed") return;
              this.close();
              init.error(new DOMException("Decoding error.", "EncodingError"));
            };
          }
          override configure(config: VideoDecoderConfig): void {
            this.#isHardware = config.hardwareAcceleration === "no-preference";
            super.configure(config);
          }
          override decode(chunk: EncodedVideoChunk): void {
            this.#isDead ||= this.#isHardware && isFaulty(chunk.timestamp);
            if (!this.#isDead) super.decode(chunk);
            else if (how === "fail") queueMicrotask(this.#fail);
          }
        };
      },
      { how, isFault },
    );
  }

  /** Pictures that could be shown; a machine with much else to do may skip one for a newer one. */
  const whole = async () =>
    (await told(page)).filter(({ event, outcome }) => event === "picture" && outcome !== "held-back");

  /** Their numbers, sorted: a picture skipped for a newer one is told before the one that is being drawn. */
  const wholeSequences = async () =>
    (await whole()).map(({ sequence }) => sequence as number).sort((a, b) => a - b);

  it("shows the pictures in order, none held back, and says which tier it uses", async () => {
    const units = await makeClip(`${size}&frames=60&gop=20&bframes=2`);
    await page.goto(relay.url);
    await connected();
    await send(units);
    relay.endOfInput();
    await sleep(500);
    if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
    const events = await told(page);
    const seen = await seenPictures(page);
    const numbers = seen.map(({ number }) => number!);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(await whole()).toHaveLength(60);
    expect(events.find(({ event }) => event === "tier")).toMatchObject({ name: "webcodecs" });
  });

  it("shows the newest picture first to who joins in the middle of a long group, and none that is old", async () => {
    const units = await makeClip(`${size}&frames=160&gop=300`);
    for (const unit of units.slice(0, 150)) relay.publish(unit);
    await sleep(150);
    await page.goto(relay.url);
    await page.waitForFunction(() => (window as unknown as { seen: { number: number }[] }).seen.length > 0);
    await send(units.slice(150));
    relay.endOfInput();
    await sleep(300);
    const numbers = (await seenPictures(page)).map(({ number }) => number!);
    expect(numbers[0]).toBeGreaterThanOrEqual(148);
    expect(numbers.at(-1)).toBe(159);
  });

  it("shows nothing after a gap in the numbers until the next group, and says so", async () => {
    const units = await makeClip(`${size}&frames=60&gop=30`);
    relay.filter = (_, object) => object !== 10;
    await page.goto(relay.url);
    await connected();
    await send(units);
    relay.endOfInput();
    await sleep(300);
    expect(await wholeSequences()).toEqual([...range(0, 10), ...range(30, 40)]);
    const held = (await told(page)).filter(({ event }) => event === "held");
    expect(held[0]!.detail).toContain("something before it did not come");
  });

  it("goes on when the connection was lost, and shows no picture twice", async () => {
    const units = await makeClip(`${size}&frames=90&gop=30`);
    await page.goto(relay.url);
    await connected();
    await send(units.slice(0, 40));
    relay.disconnect();
    await send(units.slice(40));
    relay.endOfInput();
    await sleep(300);
    const states = (await told(page)).filter(({ event }) => event === "state").map(({ state }) => state);
    expect(states).toEqual(["connecting", "live", "retrying", "connecting", "live"]);
    const numbers = (await seenPictures(page)).map(({ number }) => number!);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(89);
  });

  it("follows a publisher that comes back with another picture size", async () => {
    await page.goto(relay.url);
    await connected();
    await send(await makeClip(`${size}&frames=20`));
    await send(await makeClip("size=320x180&frames=20"));
    relay.endOfInput();
    await sleep(300);
    expect(await whole()).toHaveLength(40);
    const shape = await page.evaluate(() => {
      const player = document.querySelector("nalive-player")!;
      const canvas = player.shadowRoot!.querySelector("canvas")!;
      return [canvas.width, canvas.height];
    });
    expect(shape).toEqual([320, 180]);
  });

  it("holds nothing and asks for nothing while nobody looks, and comes back at the live edge", async () => {
    const units = await makeClip(`${size}&frames=120&gop=60`);
    await page.goto(relay.url);
    await connected();
    await send(units.slice(0, 20));
    await page.evaluate(() => (document.querySelector("nalive-player") as NalivePlayerElement).pause());
    await send(units.slice(20, 80), 10);
    expect(relay.viewers.size).toBe(0);
    await page.evaluate(() => (document.querySelector("nalive-player") as NalivePlayerElement).play());
    await connected();
    await send(units.slice(80));
    relay.endOfInput();
    await sleep(300);
    const numbers = (await seenPictures(page)).map(({ number }) => number!);
    expect(numbers.filter((number) => number > 20 && number < 78)).toEqual([]);
    expect(numbers.at(-1)).toBe(119);
  });

  it("acknowledges what it received, and asks for the clock", async () => {
    const units = await makeClip(`${size}&frames=20`);
    await page.goto(relay.url);
    await connected();
    await send(units);
    relay.endOfInput();
    await sleep(300);
    const acknowledged = relay.heard.filter(({ type }) => type === "ack");
    expect(acknowledged.at(-1)).toEqual({ type: "ack", epoch: 0, group: 0, object: 19 });
    expect(acknowledged.length).toBeLessThan(12);
    expect(relay.heard.some(({ type }) => type === "clock")).toBe(true);
  });

  it("has a decoder that failed start again at the last random access point, and gives out every picture once", async () => {
    const units = await makeClip(`${size}&frames=60&gop=60`);
    await page.goto(relay.url);
    await connected();
    await send(units.slice(0, 30));
    // The browser's decoder is given a slice of a picture parameter set that does not exist.
    await (await decoding()).evaluate(() => {
      const { decode } = VideoDecoder.prototype;
      VideoDecoder.prototype.decode = function (chunk) {
        VideoDecoder.prototype.decode = decode;
        const data = Uint8Array.of(0, 0, 0, 1, 0x41, 0x9b, 0x0b, 0x0b, 0xff, 0xff);
        decode.call(this, new EncodedVideoChunk({ type: "delta", timestamp: chunk.timestamp, data }));
      };
    });
    await send(units.slice(30));
    relay.endOfInput();
    await sleep(300);
    const held = (await told(page)).filter(({ event }) => event === "held");
    expect(held.map(({ code }) => code)).toEqual(["decode-error"]);
    expect(await wholeSequences()).toEqual(range(0, 60));
  });

  it("has a decoder that the browser took away start again at the last random access point, and nobody sees it", async () => {
    const units = await makeClip(`${size}&frames=60&gop=60`);
    await page.goto(relay.url);
    const worker = await decoding();
    // The real decoder, whose error callback is kept: browsers take it away by an error of this name.
    await worker.evaluate(() => {
      const scope = self as unknown as { VideoDecoder: typeof VideoDecoder; takeAway: () => void };
      scope.VideoDecoder = class extends VideoDecoder {
        constructor(init: VideoDecoderInit) {
          super(init);
          scope.takeAway = () => {
            this.close();
            init.error(new DOMException("Codec reclaimed due to inactivity.", "QuotaExceededError"));
          };
        }
      };
    });
    await send(units.slice(0, 30));
    await worker.evaluate(() => (self as unknown as { takeAway: () => void }).takeAway());
    await send(units.slice(30));
    relay.endOfInput();
    await sleep(300);
    expect(await wholeSequences()).toEqual(range(0, 60));
    const events = await told(page);
    expect(events.filter(({ event }) => event === "held")).toEqual([]);
    expect(events.filter(({ event }) => event === "tier")).toHaveLength(1);
  });

  it("falls back to software when a hardware decoder fails, and goes on at the newest picture", async () => {
    const units = await makeClip(`${size}&frames=90&gop=90`);
    await page.goto(relay.url);
    await breakHardware("fail", "true");
    await send(units);
    relay.endOfInput();
    await sleep(500);
    expect(await decoders()).toEqual([
      expect.stringContaining("no-preference"),
      expect.stringMatching(/prefer-software.*no-preference.* failed again at picture 0: Decoding error/),
    ]);
    const numbers = (await seenPictures(page)).map(({ number }) => number!);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length).toBeGreaterThan(30);
    expect(numbers.at(-1)).toBe(89);
  });

  it("stays with a hardware decoder that fails once in a group of pictures, and loses none", async () => {
    const units = await makeClip(`${size}&frames=90&gop=30`);
    await page.goto(relay.url);
    // Once in each of the first two groups: what the decoder is given again there it decodes.
    await breakHardware(
      "fail",
      "[20, 50].includes(timestamp) && !self[timestamp] && (self[timestamp] = true)",
    );
    await send(units);
    relay.endOfInput();
    await sleep(300);
    expect(await wholeSequences()).toEqual(range(0, 90));
    expect(await decoders()).toHaveLength(1);
  });

  it("goes to software when a hardware decoder fails again in a group, decodes it again, and loses no picture", async () => {
    const units = await makeClip(`${size}&frames=90&gop=90`);
    await page.goto(relay.url);
    await breakHardware(
      "fail",
      "[20, 40].includes(timestamp) && !self[timestamp] && (self[timestamp] = true)",
    );
    await send(units);
    relay.endOfInput();
    await sleep(300);
    expect(await wholeSequences()).toEqual(range(0, 90));
    expect(await decoders()).toEqual([
      expect.stringContaining("no-preference"),
      expect.stringMatching(/prefer-software.*no-preference.* failed again at picture \d+: Decoding error/),
    ]);
    const { why } = (await page.evaluate(() => document.querySelector("nalive-player")!.tierInUse))!;
    expect(why).toContain("prefer-software");
    expect((await seenPictures(page)).at(-1)!.number).toBe(89);
  });

  it("goes to software when a hardware decoder gives out nothing any more, and says how long", async () => {
    const units = await makeClip(`${size}&frames=50&gop=300`);
    await page.goto(relay.url);
    await breakHardware("stall", "timestamp >= 5");
    await send(units, 120);
    relay.endOfInput();
    await sleep(500);
    expect(await decoders()).toEqual([
      expect.stringContaining("no-preference"),
      expect.stringMatching(/prefer-software.*no-preference.* it has given out nothing for \d+ ms/),
    ]);
    const numbers = (await seenPictures(page)).map(({ number }) => number!);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(49);
  });

  it("tries the hardware decoder again when the pictures have another size", async () => {
    await page.goto(relay.url);
    await breakHardware("fail", "timestamp < 30");
    await send(await makeClip(`${size}&frames=30`));
    await send(await makeClip("size=320x180&frames=30"));
    relay.endOfInput();
    await sleep(300);
    expect(await wholeSequences()).toEqual(range(0, 60));
    expect(await decoders()).toEqual([
      expect.stringContaining("no-preference"),
      expect.stringContaining("prefer-software"),
      expect.not.stringContaining("prefer-software"),
    ]);
  });

  it.skipIf(noFfmpeg)(
    "holds back a picture at which the decoder fails twice, until the next group",
    async () => {
      const units = makeCavlcClip(60, 20);
      await page.goto(relay.url);
      await connected();
      await send(units.map((unit, index) => (index === 25 ? unit.subarray(0, unit.length >> 1) : unit)));
      relay.endOfInput();
      await sleep(300);
      expect(await wholeSequences()).toEqual([...range(0, 25), ...range(40, 60)]);
      const held = (await told(page)).filter(({ event }) => event === "held");
      expect(held.map(({ code }) => code)).toContain("damaged-picture");
    },
  );

  it("shows pictures that come in bunches evenly when it is asked to", async () => {
    const units = await makeClip(`${size}&frames=120&gop=60`);
    await page.goto(relay.url);
    await page.evaluate(() => document.querySelector("nalive-player")!.setAttribute("pace", "smooth"));
    await sleep(500);
    for (let at = 0; at < units.length; at += 2) {
      for (const unit of units.slice(at, at + 2)) relay.publish(unit);
      await sleep(66);
    }
    relay.endOfInput();
    await sleep(600);
    const numbers = (await seenPictures(page)).map(({ number }) => number!);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length).toBeGreaterThan(50);
  });

  it("stops and goes on by the keyboard, and says so to those who do not see it", async () => {
    const units = await makeClip(`${size}&frames=30`);
    await page.goto(relay.url);
    await connected();
    await send(units);
    const player = page.locator("nalive-player");
    const status = page.getByRole("status");
    await player.focus();
    await page.keyboard.press("k");
    await page.waitForFunction(() => document.querySelector("nalive-player")!.state.type === "paused");
    expect(await status.textContent()).toBe("Paused");
    expect(relay.viewers.size).toBe(0);
    await page.keyboard.press(" ");
    await connected();
    await page.waitForFunction(() => document.querySelector("nalive-player")!.state.type === "live");
    expect(await page.getByRole("group", { name: "Live picture" }).count()).toBe(1);
  });

  it("shows the pictures in order where the decoder cannot be asked for them", async () => {
    // An access unit delimiter in place of the end of sequence: the decoder gives out nothing for it.
    relay.rewritePlayer = (code) => code.replace(endOfSequence, "Uint8Array.of(0,0,1,9,16)");
    const units = await makeClip(`${size}&frames=60&gop=20&bframes=2`);
    await page.goto(relay.url);
    await connected();
    await send(units);
    relay.endOfInput();
    await sleep(500);
    const tier = (await told(page)).find(({ event }) => event === "tier");
    expect(tier!.why).toContain("keeps its own order");
    const numbers = (await seenPictures(page)).map(({ number }) => number!);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    // The decoder keeps the last ones, of which it cannot know that no other comes.
    expect((await whole()).length).toBeGreaterThanOrEqual(57);
  });
});

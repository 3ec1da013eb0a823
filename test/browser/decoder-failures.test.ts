import { describe, expect, it } from "vitest";
import { makeClip } from "../source/kit/clip.js";
import { encodeTestPictures } from "../support/h264/x264.js";
import { noChromium } from "./chromium.js";
import { range, size, Watching } from "./watching.js";

describe.skipIf(noChromium)("a decoder of Chromium that fails", () => {
  const viewer = new Watching();

  /**
   * Opens the page. From here on the browser's own choice of decoder does what a broken one of
   * hardware does: `fail` says so at each chunk that `isFault` names, `stall` never outputs
   * anything for it. All else is done by the real decoder. A string, because it runs in the worker.
   */
  async function breakHardware(how: "fail" | "stall", isFault: string): Promise<void> {
    const worker = await viewer.openWorker();
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

  it("has a decoder that failed start again at the last random access point, and outputs every picture once", async () => {
    const units = await makeClip(`${size}&frames=60&gop=60`);
    await viewer.open();
    await viewer.send(units.slice(0, 30));
    // The browser's decoder is given a slice of a picture parameter set that does not exist.
    await (await viewer.worker()).evaluate(() => {
      const { decode } = VideoDecoder.prototype;
      VideoDecoder.prototype.decode = function (chunk) {
        VideoDecoder.prototype.decode = decode;
        const data = Uint8Array.of(0, 0, 0, 1, 0x41, 0x9b, 0x0b, 0x0b, 0xff, 0xff);
        decode.call(this, new EncodedVideoChunk({ type: "delta", timestamp: chunk.timestamp, data }));
      };
    });
    await viewer.send(units.slice(30));
    await viewer.end();
    const held = await viewer.told("held");
    expect(held.map(({ code }) => code)).toEqual(["decode-error"]);
    expect(await viewer.whole()).toEqual(range(0, 60));
  });

  it("has a decoder that the browser took away start again at the last random access point, and nobody sees it", async () => {
    const units = await makeClip(`${size}&frames=60&gop=60`);
    const worker = await viewer.openWorker();
    // The real decoder, whose error callback is kept: browsers take it away by an error of this
    // name.
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
    await viewer.send(units.slice(0, 30));
    await worker.evaluate(() => (self as unknown as { takeAway: () => void }).takeAway());
    await viewer.send(units.slice(30));
    await viewer.end();
    expect(await viewer.whole()).toEqual(range(0, 60));
    expect(await viewer.told("held")).toEqual([]);
    expect(await viewer.told("tier")).toHaveLength(1);
  });

  it("falls back to software when a hardware decoder fails, and goes on at the newest picture", async () => {
    const units = await makeClip(`${size}&frames=90&gop=90`);
    await breakHardware("fail", "true");
    await viewer.send(units);
    await viewer.end(500);
    expect(await viewer.decoders()).toEqual([
      expect.stringContaining("no-preference"),
      expect.stringMatching(/prefer-software.*no-preference.* failed again at picture 0: Decoding error/),
    ]);
    const numbers = await viewer.numbers();
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length).toBeGreaterThan(30);
    expect(numbers.at(-1)).toBe(89);
  });

  it("stays with a hardware decoder that fails once in a group of pictures, and loses none", async () => {
    const units = await makeClip(`${size}&frames=90&gop=30`);
    // Once in each of the first two groups: what the decoder is given again there it decodes.
    await breakHardware(
      "fail",
      "[20, 50].includes(timestamp) && !self[timestamp] && (self[timestamp] = true)",
    );
    await viewer.send(units);
    await viewer.end();
    expect(await viewer.whole()).toEqual(range(0, 90));
    expect(await viewer.decoders()).toHaveLength(1);
  });

  it("goes to software when a hardware decoder fails again in a group, decodes it again, and loses no picture", async () => {
    const units = await makeClip(`${size}&frames=90&gop=90`);
    await breakHardware(
      "fail",
      "[20, 40].includes(timestamp) && !self[timestamp] && (self[timestamp] = true)",
    );
    await viewer.send(units);
    await viewer.end();
    expect(await viewer.whole()).toEqual(range(0, 90));
    expect(await viewer.decoders()).toEqual([
      expect.stringContaining("no-preference"),
      expect.stringMatching(/prefer-software.*no-preference.* failed again at picture \d+: Decoding error/),
    ]);
    const { why } = (await viewer.page.evaluate(() => document.querySelector("nalive-player")!.tierInUse))!;
    expect(why).toContain("prefer-software");
    expect((await viewer.numbers()).at(-1)).toBe(89);
  });

  it("goes to software when a hardware decoder stops output, and says for how long", async () => {
    const units = await makeClip(`${size}&frames=50&gop=300`);
    await breakHardware("stall", "timestamp >= 5");
    await viewer.send(units, 120);
    await viewer.end(500);
    expect(await viewer.decoders()).toEqual([
      expect.stringContaining("no-preference"),
      expect.stringMatching(/prefer-software.*no-preference.* it has output nothing for \d+ ms/),
    ]);
    const numbers = await viewer.numbers();
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(49);
  });

  it("tries the hardware decoder again when the pictures have another size", async () => {
    await breakHardware("fail", "timestamp < 30");
    await viewer.send(await makeClip(`${size}&frames=30`));
    await viewer.send(await makeClip("size=320x180&frames=30"));
    await viewer.end();
    expect(await viewer.whole()).toEqual(range(0, 60));
    expect(await viewer.decoders()).toEqual([
      expect.stringContaining("no-preference"),
      expect.stringContaining("prefer-software"),
      expect.not.stringContaining("prefer-software"),
    ]);
  });

  it("holds back a picture at which the decoder fails twice, until the next group", async () => {
    // CAVLC, where browsers notice damage.
    const parameters = "keyint=20:scenecut=0:bframes=0:cabac=0";
    const units = encodeTestPictures({
      width: 640,
      height: 360,
      pictures: 60,
      preset: "veryfast",
      parameters,
    });
    await viewer.open();
    await viewer.send(units.map((unit, index) => (index === 25 ? unit.subarray(0, unit.length >> 1) : unit)));
    await viewer.end();
    expect(await viewer.whole()).toEqual([...range(0, 25), ...range(40, 60)]);
    const held = await viewer.told("held");
    expect(held.map(({ code }) => code)).toContain("damaged-picture");
  });
});

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { IssueCounter } from "../../dist/core/issues.js";
import { microseconds } from "../../dist/core/time.js";
import type { AccessUnit } from "../../dist/h264/access-unit.js";
import { receiveAccessUnits } from "../../dist/h264/access-units/receive-access-units.js";
import { DecodeQueue } from "../../dist/live/decoding/decode-queue.js";
import { DecoderPair } from "../../dist/live/decoding/decoder-pair.js";
import { OutputHistory } from "../../dist/live/decoding/pictures/output-history.js";
import { FfmpegDecoder, type FfmpegPicture } from "../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { PixelConverter } from "../../dist/node/decode/pixels/pixel-converter.js";
import { clip } from "./stream-kit.js";

const clock = { now: () => microseconds(0), startTimer: () => () => {} };

function accessUnits(bytes: Uint8Array): AccessUnit[] {
  const units: AccessUnit[] = [];
  const sink = { push: (unit: AccessUnit) => void units.push(unit), close: () => {} };
  const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), { isLive: false });
  input.push({ data: bytes, receivedAt: clock.now(), framing: "none" });
  input.close();
  return units;
}

/**
 * How a wrong guess is undone: by decoding again from the last random access point, or by a spare
 * decoder.
 */
type Undoing = "again from the cache" | "by a spare";

/**
 * A queue and a decoder, run by hand; `shown` has the number and the hash of each picture that was
 * given out.
 */
function receiver(undoing: Undoing) {
  const shown: string[] = [];
  const issues = new IssueCounter();
  const converter = new PixelConverter("native");
  const sink = {
    push({ frame, unit }: FfmpegPicture) {
      const data = Buffer.alloc(converter.layoutOf(frame).size);
      converter.convert(frame, data);
      shown.push(`${unit.sequence} ${createHash("md5").update(data).digest("hex")}`);
    },
    close: () => converter.close(),
  };
  const turns: (() => void)[] = [];
  const outputHistory = new OutputHistory();
  const counted = { pushes: 0 };
  const makeDecoder = () => {
    const decoder = new FfmpegDecoder(sink, issues, { outputHistory });
    const push = decoder.push.bind(decoder);
    decoder.push = (unit) => {
      counted.pushes++;
      push(unit);
    };
    return decoder;
  };
  const decoder = undoing === "by a spare" ? new DecoderPair(makeDecoder(), makeDecoder()) : makeDecoder();
  const queue = new DecodeQueue(decoder, clock, issues, {
    maxLagMs: undefined,
    later: (run) => turns.push(run),
    mayDecode: () => true,
  });
  const settle = () => {
    for (let turn = turns.shift(); turn; turn = turns.shift()) turn();
  };
  return {
    shown,
    issues,
    counted,
    push(unit: AccessUnit) {
      queue.push(unit);
      settle();
    },
    close() {
      queue.close();
      settle();
    },
    get healed() {
      return queue.healed;
    },
  };
}

/** The access unit as it is when its end is guessed at that share of its slice. */
function cutShort(unit: AccessUnit, share: number): AccessUnit {
  const { offset, length } = unit.nalUnits.at(-1)!;
  // The last bytes of a CABAC slice can be missing without an error: ARCHITECTURE.md, "Only whole
  // pictures".
  const kept = Math.floor(8 + share * Math.max(0, length - 40));
  return { ...unit, data: unit.data.subarray(0, offset + kept), endedBy: "silence" };
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

describe.each<Undoing>(["again from the cache", "by a spare"])(
  "a wrongly guessed end of a picture is healed %s:",
  (undoing) => {
    it.each([
      ["P pictures", "size=320x180&frames=60&gop=30"],
      ["B pictures", "size=320x180&frames=60&gop=30&bframes=2"],
      ["four slices", "size=320x180&frames=60&gop=30&slices=4"],
    ])("%s are all shown, bit for bit, once and in order", async (_name, options) => {
      const units = accessUnits((await clip(options)).bytes);
      const sound = receiver(undoing);
      for (const unit of units) sound.push(unit);
      sound.close();
      expect(sound.shown).toHaveLength(60);

      for (let seed = 1; seed <= 6; seed++) {
        const next = random(seed);
        const stalled = receiver(undoing);
        let stalls = 0;
        for (const unit of units) {
          if (next() < 0.15) {
            stalls++;
            stalled.push(cutShort(unit, next()));
            stalled.push({ ...unit, corrects: true });
          } else {
            stalled.push(unit);
          }
        }
        stalled.close();
        expect(stalled.shown).toEqual(sound.shown);
        expect(stalled.healed).toBe(stalls);
        expect(stalled.issues.list()).toEqual([]);
      }
    });

    it("a picture whose rest never comes is damaged, and what follows is held until the next random access point", async () => {
      const units = accessUnits((await clip("size=320x180&frames=60&gop=30&bframes=2")).bytes);
      const sound = receiver(undoing);
      const cut = receiver(undoing);
      for (const unit of units) sound.push(unit);
      for (const unit of units) cut.push(unit.sequence === 10 ? cutShort(unit, 0.5) : unit);
      sound.close();
      cut.close();
      expect(cut.issues.count("damaged-picture")).toBe(1);
      expect(sound.shown.filter((picture) => cut.shown.includes(picture))).toEqual(cut.shown);
      expect(cut.shown.filter((picture) => Number.parseInt(picture, 10) >= 30)).toHaveLength(30);
    });
  },
);

describe("a spare decoder", () => {
  it("makes a mistake cost two pictures, however long ago the last random access point is", async () => {
    const units = accessUnits((await clip("size=320x180&frames=60&gop=60")).bytes);
    const stalled = receiver("by a spare");
    for (const unit of units.slice(0, 50)) stalled.push({ ...unit, endedBy: "silence" });
    const before = stalled.counted.pushes;
    stalled.push(cutShort(units[50]!, 0.5));
    expect(stalled.counted.pushes - before).toBe(2);
    stalled.push({ ...units[50]!, corrects: true });
    // One in the spare, now the front; then the old front catches up with the 50 before it, in idle
    // time.
    expect(stalled.counted.pushes - before).toBe(2 + 1 + 50);
    expect(stalled.shown).toHaveLength(51);
  });
});

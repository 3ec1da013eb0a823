import { describe, expect, it } from "vitest";
import { annexB } from "../../../test/support/bytes.js";
import { FakeClock } from "../../../test/support/fake-clock.js";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import {
  delimiter,
  recoveryPointSei,
  sliceNal,
  userDataSei,
} from "../../../test/support/h264/coded-picture.js";
import { ppsNal, restriction, spsNal, timing } from "../../../test/support/h264/h264-syntax.js";
import { IssueCounter } from "../../core/issues.js";
import { receiveAccessUnits } from "../../h264/access-units/receive-access-units.js";
import { StreamSummarizer } from "./stream-summary.js";

/** Summarizes a stream of NAL units, with `gapMs` between those that are apart in the list. */
function summarize(chunks: readonly (readonly Uint8Array[])[], { isLive = false, gapMs = 0 } = {}) {
  const clock = new FakeClock();
  const issues = new IssueCounter();
  const summarizer = new StreamSummarizer();
  const receiver = receiveAccessUnits(
    { push: (unit) => unit.corrects || summarizer.add(unit, receiver.parameterSets), close: () => undefined },
    clock,
    issues,
    { isLive: false },
  );
  for (const chunk of chunks) {
    receiver.input.push({ data: annexB(...chunk), receivedAt: clock.now(), framing: "none" });
    clock.advance(gapMs);
  }
  receiver.input.close();
  return { summary: summarizer.summary(receiver.parameterSets, issues.list(), isLive), summarizer };
}

const sets = [spsNal(), ppsNal()];
const idr = (idrPicId = 0) => sliceNal({ idr: true, idrPicId });
const p = (frameNum: number, picOrderCntLsb = frameNum * 2) => sliceNal({ frameNum, picOrderCntLsb });

describe("StreamSummarizer", () => {
  it("knows nothing before the first picture", () => {
    expect(summarize([sets]).summary).toBeUndefined();
  });

  it("names profile and level, sizes and chroma", () => {
    const sps = spsNal({ widthInMbs: 20, heightInMapUnits: 12, crop: [0, 0, 0, 6] });
    expect(summarize([[sps, ppsNal(), idr()]]).summary).toMatchObject({
      codec: "avc1.4D001E",
      profile: "Main",
      level: "3.0",
      width: 320,
      height: 180,
      codedWidth: 320,
      codedHeight: 192,
      chroma: "4:2:0",
      bitDepth: 8,
      entropyCoding: "CAVLC",
      scan: "progressive",
    });
  });

  it("counts pictures by type, groups of pictures, slices and bytes", () => {
    const second = sliceNal({ frameNum: 1, picOrderCntLsb: 2, firstMbInSlice: 150 });
    const { summary, summarizer } = summarize([
      [...sets, idr(), p(1), second, p(2)],
      [idr(1), p(1), p(2), sliceNal({ type: "B", frameNum: 3, picOrderCntLsb: 3 }), p(3, 8)],
      [idr(2)],
    ]);
    expect(summary).toMatchObject({
      pictures: { total: 9, I: 3, P: 5, B: 1 },
      referenceB: 0,
      idr: 3,
      gop: { min: 3, mean: 4, max: 5 },
      slicesPerPicture: { min: 1, max: 2 },
      seenReorderDepth: 1,
    });
    expect(summary!.bytesByType.B).toMatchObject({ min: summary!.bytesByType.B!.max });
    expect(summarizer.randomAccessPoints).toBe(3);
  });

  it("counts recovery points", () => {
    const { summary } = summarize([[...sets, idr(), p(1), recoveryPointSei(0), p(2)]]);
    expect(summary).toMatchObject({ idr: 1, recoveryPoints: 1, sei: { "recovery point": 1 } });
  });

  it("describes what else is in the stream", () => {
    const { summary } = summarize([[delimiter, ...sets, userDataSei, idr(), delimiter, ...sets, p(1)]]);
    expect(summary).toMatchObject({
      hasAccessUnitDelimiters: true,
      hasVui: false,
      hasBitstreamRestriction: false,
      sei: { "user data (unregistered)": 1 },
      parameterSets: { nalUnits: 4, sps: [{ id: 0 }], pps: [{}] },
      color: undefined,
      sampleAspectRatio: undefined,
      unsupported: [],
      issues: [],
    });
  });

  it("has a bounded list of SEI messages, whatever their types are", () => {
    const sei = (type: number) =>
      Uint8Array.of(6, ...Array<number>(Math.floor(type / 255)).fill(255), type % 255, 0, 0x80);
    const chunks = Array.from({ length: 4000 }, (_, type) => [sei(type), idr(type % 2)]);
    const { summary } = summarize([sets, ...chunks]);
    expect(Object.keys(summary!.sei).length).toBeLessThan(260);
    expect(summary!.sei["payload types above 255"]).toBe(4000 - 256);
  });

  it("gives the rate and the order that the VUI states", () => {
    const stated = (vui: Parameters<typeof spsNal>[0]) => summarize([[spsNal(vui), ppsNal(), idr()]]).summary;
    expect(stated({ vui: timing(1, 50) })).toMatchObject({ statedRate: 25, hasVui: true });
    expect(stated({ vui: restriction(2, 4) })).toMatchObject({
      statedReorderDepth: 2,
      hasBitstreamRestriction: true,
      statedRate: undefined,
    });
  });

  it("measures the rate of live streams, and the bitrate by it", () => {
    const chunks = Array.from({ length: 10 }, (_, index) => (index === 0 ? [...sets, idr()] : [p(index)]));
    const live = summarize(chunks, { isLive: true, gapMs: 40 }).summary!;
    expect(live.measuredRate).toBeCloseTo(25, 5);
    expect(live.bitsPerSecond).toBeGreaterThan(0);
    expect(summarize(chunks, { gapMs: 40 }).summary).toMatchObject({
      measuredRate: undefined,
      bitsPerSecond: undefined,
    });
  });

  it("counts frames and single fields apart, and rates in frames", () => {
    const stream = { sps: { frameMbsOnly: false, vui: timing(1, 50) } };
    const field = (frameNum: number, half: "top" | "bottom", idr = false) =>
      sliceNal({ idr, frameNum, field: half, picOrderCntLsb: frameNum * 2, payload: 100 }, stream);
    const frame = (frameNum: number) =>
      sliceNal({ frameNum, picOrderCntLsb: frameNum * 2, payload: 200 }, stream);
    const pairs = [0, 1, 2].flatMap((number) => [
      [...(number === 0 ? [spsNal(stream.sps), ppsNal()] : []), field(number, "top", number === 0)],
      [field(number, "bottom")],
    ]);
    const { summary } = summarize([...pairs, [frame(3)]]);
    expect(summary).toMatchObject({
      scan: "frames and fields",
      pictures: { total: 7, frames: 1, fields: 6 },
      statedRate: 25,
    });
    const bytes = (["I", "P"] as const)
      .map((type) => summary!.bytesByType[type]!.mean * summary!.pictures[type])
      .reduce((sum, of) => sum + of);
    expect(summary!.bitsPerSecond).toBeCloseTo((bytes * 8 * 25) / 4, 5);
    const live = summarize(pairs, { isLive: true, gapMs: 20 }).summary!;
    expect(live).toMatchObject({ scan: "fields", pictures: { total: 6, frames: 0, fields: 6 } });
    expect(live.measuredRate).toBeCloseTo(25, 5);
  });

  it("lists all sizes of a stream, and how many pictures have each", () => {
    const small = [spsNal({ widthInMbs: 10, heightInMapUnits: 10, crop: [0, 0, 0, 4] }), ppsNal()];
    const { summary } = summarize([
      [...sets, idr(), p(1)],
      [...small, idr(1)],
      [...sets, idr(2)],
    ]);
    expect(summary).toMatchObject({ width: 320, height: 240 });
    expect(summary!.sizes).toEqual([
      {
        width: 320,
        height: 240,
        codedWidth: 320,
        codedHeight: 240,
        pictures: 3,
        sampleAspectRatio: undefined,
      },
      {
        width: 160,
        height: 152,
        codedWidth: 160,
        codedHeight: 160,
        pictures: 1,
        sampleAspectRatio: undefined,
      },
    ]);
  });

  it("has a bounded list of sizes", () => {
    const chunks = Array.from({ length: 60 }, (_, index) => [
      spsNal({ widthInMbs: index + 1 }),
      ppsNal(),
      idr(index % 2),
    ]);
    expect(summarize(chunks).summary!.sizes).toHaveLength(32);
  });

  it("lists parameter sets by their own ids", () => {
    const third = [spsNal({ id: 3 }), ppsNal({ id: 7, spsId: 3 })];
    const { summary } = summarize([[...third, sliceNal({ idr: true, ppsId: 7 })]]);
    expect(summary!.parameterSets).toMatchObject({ sps: [{ id: 3 }], pps: [{ id: 7 }] });
  });

  it("reduces the sample aspect ratio (E.2.1)", () => {
    const vui = (writer: BitWriter) => {
      writer.flag(true).u(8, 255).u(16, 40).u(16, 30);
      writer.flag(false, false, false, false, false, false, false, false);
    };
    const { summary } = summarize([[spsNal({ vui }), ppsNal(), idr()]]);
    expect(summary!.sampleAspectRatio).toBe("4:3");
  });

  it("names features that FFmpeg does not decode, and issues", () => {
    const pps = ppsNal({ sliceGroups: (writer) => writer.ue(1, 0, 10, 10) });
    const { summary } = summarize([[spsNal(), pps, idr()]]);
    expect(summary?.unsupported).toHaveLength(1);
    expect(summarize([[...sets, idr(), sliceNal({ ppsId: 7, frameNum: 1 })]]).summary?.issues).toMatchObject([
      { code: "missing-parameter-set", count: 1 },
    ]);
  });
});

import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { IssueCounter } from "../../../../dist/core/issues.js";
import { microseconds } from "../../../../dist/core/time.js";
import type { AccessUnit } from "../../../../dist/h264/access-unit.js";
import { receiveAccessUnits } from "../../../../dist/h264/access-units/receive-access-units.js";
import {
  FfmpegDecoder,
  type FfmpegDecoderOptions,
} from "../../../../dist/node/decode/ffmpeg/ffmpeg-decoder.js";
import { makeClip } from "../../../../test/source/kit/clip.js";
import { annexB, concat } from "../../../../test/support/bytes.js";
import { sliceNal } from "../../../../test/support/h264/coded-picture.js";
import { makeFilteredClip } from "../../../../test/support/h264/filtered-clip.js";
import { ppsNal, spsNal } from "../../../../test/support/h264/h264-syntax.js";

const clock = { now: () => microseconds(0), startTimer: () => () => {} };

/** Access units of a clip of the test camera. */
async function accessUnits(options: string): Promise<AccessUnit[]> {
  return unitsOf(concat(...(await makeClip(options))));
}

function unitsOf(data: Uint8Array): AccessUnit[] {
  const units: AccessUnit[] = [];
  const sink = { push: (unit: AccessUnit) => void units.push(unit), close: () => undefined };
  const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), { isLive: false });
  input.push({ data, receivedAt: microseconds(0), framing: "none" });
  input.close();
  return units;
}

/** What a decoder gave out: sequence numbers and the MD5 of the luma, and the issues by code. */
function decode(use: (decoder: FfmpegDecoder) => void, options: FfmpegDecoderOptions = {}) {
  const given: { sequence: number; md5: string }[] = [];
  const issues = new IssueCounter();
  let closed = 0;
  const decoder = new FfmpegDecoder(
    {
      push: ({ frame, unit }) => {
        const hash = createHash("md5");
        const stride = frame.linesize[0]!;
        for (let row = 0; row < frame.height; row++)
          hash.update(frame.data![0]!.subarray(row * stride, row * stride + frame.width));
        given.push({ sequence: unit.sequence, md5: hash.digest("hex") });
      },
      close: () => void closed++,
    },
    issues,
    options,
  );
  use(decoder);
  const beforeClose = given.length;
  decoder.close();
  expect(closed).toBe(1);
  return { given, beforeClose, sequences: given.map(({ sequence }) => sequence), issues };
}

const pushAll = (units: readonly AccessUnit[]) => (decoder: FfmpegDecoder) => {
  for (const unit of units) decoder.push(unit);
};

const cutShort = (unit: AccessUnit, share: number): AccessUnit => ({
  ...unit,
  data: unit.data.subarray(0, Math.floor(unit.data.length * share)),
  endedBy: "silence",
});

describe("FfmpegDecoder", () => {
  let plain: AccessUnit[];
  let withB: AccessUnit[];
  let right: readonly { sequence: number; md5: string }[];

  beforeAll(async () => {
    plain = await accessUnits("size=128x96&frames=24&gop=12&bitrate=300k");
    withB = await accessUnits("size=128x96&frames=25&gop=12&bframes=2&bitrate=300k");
    right = decode(pushAll(plain)).given;
  });

  it("outputs each picture in the call that decodes it when there are no B pictures", () => {
    const { beforeClose, sequences } = decode(pushAll(plain));
    expect(beforeClose).toBe(24);
    expect(sequences).toEqual(plain.map(({ sequence }) => sequence));
  });

  it("outputs B pictures in output order, none lost, none twice", () => {
    const { given } = decode(pushAll(withB));
    const starts = withB.filter(({ picture }) => picture.idr).map(({ sequence }) => sequence);
    const key = (sequence: number) => {
      const group = starts.filter((start) => start <= sequence).length;
      return group * 1000 + withB[sequence]!.picture.pictureOrderCount;
    };
    const keys = given.map(({ sequence }) => key(sequence));
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
    expect(new Set(keys).size).toBe(25);
  });

  it("outputs what waits when it is flushed, and resumes at a random access point", () => {
    const { sequences } = decode((decoder) => {
      for (const unit of withB.slice(0, 8)) decoder.push(unit);
      decoder.flush();
      for (const unit of withB.filter(({ sequence }) => sequence >= 12)) decoder.push(unit);
    });
    expect([...sequences].sort((a, b) => a - b)).toEqual([
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      ...Array.from({ length: 13 }, (_, i) => 12 + i),
    ]);
  });

  it("outputs a picture once, although it decodes it again after a reset", () => {
    const { given, sequences } = decode((decoder) => {
      for (const unit of plain.slice(0, 6)) decoder.push(unit);
      decoder.reset();
      for (const unit of plain) decoder.push(unit);
    });
    expect(sequences).toEqual(plain.map(({ sequence }) => sequence));
    expect(given).toEqual(right);
  });

  // FFmpeg keeps coefficients of a macroblock that it could not read to its end, and adds them to a
  // later one.
  it.each([0.2, 0.5, 0.8])(
    "decodes all others right after a picture cut short at %d of its bytes",
    (share) => {
      for (let cut = 1; cut < 6; cut++) {
        const { given, issues } = decode((decoder) => {
          for (const unit of plain.slice(0, cut)) decoder.push(unit);
          decoder.push(cutShort(plain[cut]!, share));
          decoder.reset();
          for (const unit of plain) decoder.push(unit);
        });
        expect(given).toEqual(right);
        expect(issues.list()).toEqual([]);
      }
    },
  );

  it("shows nothing between damage and the next random access point, and nothing wrong after it", () => {
    for (let cut = 1; cut < 6; cut++) {
      const { given, issues } = decode((decoder) => {
        for (const unit of plain)
          decoder.push(unit === plain[cut] ? { ...cutShort(unit, 0.5), endedBy: "next" } : unit);
      });
      expect(given).toEqual(right.filter(({ sequence }) => sequence < cut || sequence >= 12));
      expect(issues.count("damaged-picture")).toBe(1);
      expect(issues.count("held-back")).toBe(11 - cut);
    }
  });

  it("leaves out the loop filter on request, in mid-stream, and changes no other picture", () => {
    const units = unitsOf(concat(...makeFilteredClip(60)));
    const unfiltered = (which: (sequence: number) => boolean) =>
      decode(
        pushAll(
          units.map((unit) =>
            !unit.picture.reference && which(unit.sequence) ? { ...unit, leaveOut: "loop-filter" } : unit,
          ),
        ),
      ).given;
    const filtered = decode(pushAll(units)).given;
    const all = unfiltered(() => true);
    const some = unfiltered((sequence) => sequence % 5 === 3);
    expect(filtered).toHaveLength(60);
    const isReference = (sequence: number) => units[sequence]!.picture.reference;
    let differ = 0;
    for (const [index, { sequence, md5 }] of filtered.entries()) {
      expect([all[index]!.sequence, some[index]!.sequence]).toEqual([sequence, sequence]);
      if (isReference(sequence)) expect(all[index]!.md5).toBe(md5);
      else if (all[index]!.md5 !== md5) differ++;
      expect(some[index]!.md5).toBe(sequence % 5 === 3 ? all[index]!.md5 : md5);
    }
    expect(differ).toBeGreaterThan(10);
  });

  it("always filters reference pictures", () => {
    const told = plain.map((unit): AccessUnit => ({ ...unit, leaveOut: "loop-filter" }));
    expect(plain.every(({ picture }) => picture.reference)).toBe(true);
    expect(decode(pushAll(told)).given).toEqual(right);
  });

  it("does not wait for pictures that are left out", () => {
    const all = decode(pushAll(withB)).given;
    const { given, beforeClose, issues } = decode((decoder) => {
      for (const unit of withB)
        decoder.push(unit.picture.reference ? unit : { ...unit, leaveOut: "picture" });
    });
    expect(given).toEqual(all.filter(({ sequence }) => withB[sequence]!.picture.reference));
    expect(given.length).toBeLessThan(20);
    // As if they had come: the picture decoded last is out, or waits for no more than it would with
    // them.
    expect(beforeClose).toBeGreaterThanOrEqual(given.length - 1);
    expect(issues.list()).toEqual([]);
  });

  it("survives bytes that are no slice", () => {
    const { sequences, issues } = decode((decoder) => {
      decoder.push(plain[0]!);
      decoder.push({ ...plain[1]!, data: Uint8Array.of(0, 0, 0, 1, 0x41, 0xff, 0xff, 0xff, 0xff) });
      for (const unit of plain.slice(12)) decoder.push(unit);
    });
    expect(sequences).toEqual([0, ...plain.slice(12).map(({ sequence }) => sequence)]);
    expect(issues.list().length).toBeGreaterThan(0);
  });

  // FFmpeg's list of pictures that wait for output has 16 places; an assertion ends the process at
  // one more.
  it("survives fields without a partner", () => {
    const stream = { sps: { frameMbsOnly: false, heightInMapUnits: 8, maxNumRefFrames: 4 } };
    const fields = Array.from({ length: 60 }, (_, index) =>
      sliceNal(
        { field: "top", idr: index === 0, frameNum: index % 16, picOrderCntLsb: (index * 2) % 16 },
        stream,
      ),
    );
    const units = unitsOf(annexB(spsNal(stream.sps), ppsNal(), ...fields));
    expect(units.map(({ picture }) => picture.secondField)).not.toContain(true);

    const after = plain.map((unit) => ({ ...unit, sequence: unit.sequence + units.length }));
    const { sequences } = decode(pushAll([...units, ...after]), { showDamaged: true });
    expect(sequences.slice(-after.length)).toEqual(after.map(({ sequence }) => sequence));
  });

  it("does not decode what would take too much memory, and decodes what follows", () => {
    const large = spsNal({ widthInMbs: 512, heightInMapUnits: 272, levelIdc: 62, maxNumRefFrames: 16 });
    const slices = [sliceNal({ idr: true }), sliceNal({ frameNum: 1, picOrderCntLsb: 2 })];
    const units = unitsOf(annexB(large, ppsNal(), ...slices)).map((unit) => ({
      ...unit,
      sequence: unit.sequence + 3,
    }));
    expect(units[0]!.format.decodedBytes).toBeGreaterThan(1024 * 2 ** 20);
    const after = plain.map((unit) => ({ ...unit, sequence: unit.sequence + 5 }));

    const { sequences, issues } = decode(pushAll([...plain.slice(0, 3), ...units, ...after]));
    expect(sequences).toEqual([0, 1, 2, ...after.map(({ sequence }) => sequence)]);
    expect(issues.list()).toEqual([
      {
        code: "pictures-too-large",
        count: 2,
        detail: expect.stringContaining("pictures of 8192x4352 take up to 2457 MiB"),
      },
    ]);
  });

  it("is flushed by the next sender", () => {
    const { sequences } = decode((decoder) => {
      for (const unit of withB.slice(0, 6)) decoder.push(unit);
      for (const unit of withB) decoder.push({ ...unit, epoch: 1, sequence: unit.sequence + 6 });
    });
    expect([...sequences.slice(0, 6)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(sequences).toHaveLength(31);
  });
});

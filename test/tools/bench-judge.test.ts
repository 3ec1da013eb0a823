import { describe, expect, it } from "vitest";
import type { Clip } from "../../tools/bench/clips/clips.mjs";
import { codeWidth, drawNumber, readNumber } from "../../tools/bench/clips/picture-number.mjs";
import { words } from "../../tools/bench/clips/words.mjs";
import { delaysOf, judge } from "../../tools/bench/runs/judge.mjs";
import { meanReorderWait, showableAfter } from "../../tools/bench/runs/reorder-wait.mjs";

/** A clip whose pictures have these numbers in decoding order. */
function clipOf(...numbers: number[]): Clip {
  const spec = { width: 16, height: 16, fps: 50, gop: 4, bFrames: 0, kilobits: 1, preset: "" };
  return {
    spec: { ...spec, pictures: numbers.length },
    path: "",
    data: Buffer.alloc(0),
    accessUnits: numbers.map(() => Buffer.alloc(1)),
    numbers,
    unitOf: numbers.map((_, number) => numbers.indexOf(number)),
  };
}

/** A run that sends an access unit every 20 ms, and shows these pictures at these times. */
function runOf(clip: Clip, shown: [number: number | undefined, at: number][]) {
  return {
    sentAt: clip.numbers.map((_, unit) => 1000 + unit * 20),
    firstByteAt: 990,
    closedAt: 2000,
    shown: shown.map(([number, at]) => ({ number, at })),
  };
}

const inOrder = clipOf(0, 1, 2, 3);
const reordered = clipOf(0, 3, 1, 2);

describe("judge", () => {
  it("measures each picture from the last byte of its own access unit", () => {
    const shown: [number, number][] = [
      [0, 1005],
      [1, 1047],
      [2, 1068],
      [3, 1069],
    ];
    expect(judge(reordered, runOf(reordered, shown))).toMatchObject({
      shown: 4,
      lost: 0,
      first: 15,
      delays: [
        { number: 0, delay: 5 },
        { number: 1, delay: 7 },
        { number: 2, delay: 8 },
        { number: 3, delay: 49 },
      ],
      p50: 7,
      max: 49,
    });
  });

  it("counts what is lost, repeated, swapped and damaged", () => {
    const shown: [number | undefined, number][] = [
      [0, 1005],
      [3, 1070],
      [2, 1071],
      [2, 1072],
      [undefined, 1073],
      [77, 1074],
    ];
    expect(judge(inOrder, runOf(inOrder, shown))).toMatchObject({
      shown: 3,
      lost: 1,
      repeated: 1,
      outOfOrder: 1,
      unreadable: 2,
    });
  });

  it("gives no delay to a picture that comes because the input ended", () => {
    const verdict = judge(
      inOrder,
      runOf(inOrder, [
        [0, 1005],
        [1, 2001],
      ]),
    );
    expect(verdict).toMatchObject({ shown: 2, lost: 2, afterTheEnd: 1, count: 1, max: 5 });
  });
});

describe("output order", () => {
  it("allows a picture once all that precede it have arrived", () => {
    expect(showableAfter(reordered)).toEqual([0, 2, 3, 3]);
    expect(showableAfter(inOrder)).toEqual([0, 1, 2, 3]);
  });

  it("makes pictures wait for those of higher layers that were sent before", () => {
    expect(meanReorderWait(inOrder)).toBe(0);
    expect(meanReorderWait(reordered)).toBe(0.5);
  });

  it("is where delays count from when they are compared with the order", () => {
    const run = runOf(reordered, [[3, 1066]]);
    expect(delaysOf(reordered, run)).toEqual([{ number: 3, delay: 46 }]);
    expect(delaysOf(reordered, run, showableAfter(reordered))).toEqual([{ number: 3, delay: 6 }]);
  });
});

describe("the number in a picture", () => {
  it.each([0, 1, 299, 65_535])("%i is read as it was drawn", (number) => {
    expect(readNumber(drawNumber(number), codeWidth, 1)).toBe(number);
  });

  it("is not read from a mixture of two pictures", () => {
    const [mixed, other] = [drawNumber(41), drawNumber(42)];
    for (let row = 0; row < mixed.length; row += codeWidth)
      mixed.set(other.subarray(row + codeWidth / 2, row + codeWidth), row + codeWidth / 2);
    expect(readNumber(mixed, codeWidth, 1)).toBeUndefined();
  });
});

describe("words", () => {
  it("splits at white space, but not inside what is filled in", () => {
    expect(words`ffmpeg -i ${"my clip.h264"}  -t ${5}
      -f null -`).toEqual(["ffmpeg", "-i", "my clip.h264", "-t", "5", "-f", "null", "-"]);
  });

  it("joins what stands together", () => {
    expect(words`tcp://${"host"}:${80}/x`).toEqual(["tcp://host:80/x"]);
  });
});

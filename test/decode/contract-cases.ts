import type { IssueCode } from "../../src/core/issues.js";
import { microseconds } from "../../src/core/time.js";
import type { AccessUnit } from "../../src/h264/access-unit.js";
import { clip } from "../../tools/faults/clips/clips.mjs";
import { concat } from "../support/bytes.js";
import type { Step } from "./contract-run.js";
import { accessUnits, cutShort, unitsOf } from "./decoder-kit.js";

/**
 * The clips that the cases use: 25 pictures per second, each access unit arriving when it is due.
 */
export interface Clips {
  /** I and P pictures: IDR pictures are 0 and 12 of 24. */
  readonly plain: readonly AccessUnit[];
  /** With B pictures: IDR pictures are 0 and 12 of 25. */
  readonly withB: readonly AccessUnit[];
  /** Each frame as two fields: the access units 0 and 50 begin an IDR picture. */
  readonly fields: readonly AccessUnit[];
  /** Pictures 1 to 3 of each group precede its IDR picture in output order. */
  readonly beforeIdr: readonly AccessUnit[];
  /** B pictures, of which 11 and 12 come first, although the SPS states that there are none. */
  readonly denied: readonly AccessUnit[];
}

/** What a decoder must do, whatever decodes and wherever. */
export interface ContractCase {
  readonly name: string;
  readonly clip: keyof Clips;
  readonly steps: (units: readonly AccessUnit[]) => Step[];
  /** Sequence numbers of the pictures that are output, in this order. */
  readonly given: (units: readonly AccessUnit[]) => readonly number[];
  /** How many of them at each `idle`. */
  readonly givenWhenIdle?: readonly number[];
  /** Codes of the issues that are reported. Default: none. */
  readonly issues?: readonly IssueCode[];
  /**
   * Distance between the timestamps of neighbours in `given`, µs; the first is when that picture
   * had arrived.
   */
  readonly interval?: number;
}

const interval = 40_000;

export async function makeClips(): Promise<Clips> {
  return {
    plain: timed(await accessUnits("size=128x96&frames=24&gop=12&bitrate=300k"), interval),
    withB: timed(await accessUnits("size=128x96&frames=25&gop=12&bframes=2&bitrate=300k"), interval),
    fields: timed(written("fields").slice(0, 60), interval / 2),
    beforeIdr: timed(written("before-idr"), interval),
    denied: timed(written("b-denied"), interval),
  };
}

const written = (name: string) => unitsOf(concat(...clip(name).pictures.map(({ bytes }) => bytes)));

function timed(units: readonly AccessUnit[], interval: number): AccessUnit[] {
  // Decoders tell by the object whether the format changed.
  const format = { ...units[0]!.format, pictureRate: 25 };
  return units.map((unit, index) => ({
    ...unit,
    lastByteAt: microseconds(1_000_000 + index * interval),
    format,
  }));
}

const push = (units: readonly AccessUnit[]): Step[] => units.map((unit) => ({ push: unit }));
const pushEach = (units: readonly AccessUnit[]): Step[] => units.flatMap((unit) => [{ push: unit }, "idle"]);
const guessed = (unit: AccessUnit): AccessUnit => ({ ...unit, endedBy: "silence" });
const numbers = (units: readonly AccessUnit[]) => units.map(({ sequence }) => sequence);
const from = (first: number, to: number) => Array.from({ length: to - first }, (_, index) => first + index);

/** Sequence numbers in output order. */
function outputOrder(units: readonly AccessUnit[]): number[] {
  const starts = units.filter(({ picture }) => picture.idr).map(({ sequence }) => sequence);
  const key = ({ sequence, picture }: AccessUnit) =>
    starts.filter((start) => start <= sequence).length * 1000 + picture.pictureOrderCount;
  return numbers([...units].sort((a, b) => key(a) - key(b)));
}

/** The first fields of complete pairs. */
const firstFields = (units: readonly AccessUnit[]) =>
  numbers(units.filter(({ picture }) => !picture.secondField));

export const contractCases: readonly ContractCase[] = [
  {
    name: "outputs each picture before the next is pushed when there are no B pictures",
    clip: "plain",
    steps: pushEach,
    given: numbers,
    givenWhenIdle: from(1, 25),
    interval,
  },
  {
    name: "accepts many access units at once",
    clip: "plain",
    steps: (units) => [...push(units), "idle"],
    given: numbers,
    givenWhenIdle: [24],
    interval,
  },
  {
    name: "outputs B pictures in output order, none lost, none twice",
    clip: "withB",
    steps: (units) => [...push(units), "flush", "idle"],
    given: outputOrder,
  },
  {
    name: "outputs pictures that precede an IDR picture, from the second such group on",
    clip: "beforeIdr",
    steps: (units) => [...push(units), "flush", "idle"],
    given: (units) => outputOrder(units).filter((sequence) => sequence === 0 || sequence > 3),
    issues: ["late-picture"],
  },
  {
    name: "outputs B pictures that the SPS denies, except the first",
    clip: "denied",
    steps: (units) => [...push(units), "flush", "idle"],
    given: (units) => outputOrder(units).filter((sequence) => sequence !== 11 && sequence !== 12),
    issues: ["late-picture"],
  },
  {
    name: "makes one picture of two fields, due when both have arrived",
    clip: "fields",
    steps: (units) => [...push(units), "idle"],
    given: firstFields,
    interval,
  },
  {
    name: "refuses half a frame whose second field is lost, and what follows until the next random access point",
    clip: "fields",
    steps: (units) => [...push(units.filter(({ sequence }) => sequence !== 17)), "idle"],
    given: (units) => firstFields(units).filter((sequence) => sequence < 16 || sequence >= 50),
    issues: ["damaged-picture", "held-back"],
  },
  {
    name: "refuses half a frame whose first field is lost, and what follows until the next random access point",
    clip: "fields",
    steps: (units) => [...push(units.filter(({ sequence }) => sequence !== 16)), "idle"],
    given: (units) => firstFields(units).filter((sequence) => sequence < 16 || sequence >= 50),
    issues: ["damaged-picture", "held-back"],
  },
  {
    name: "refuses half a frame at the end",
    clip: "fields",
    steps: (units) => [...push(units.slice(0, 9)), "flush", "idle"],
    given: () => [0, 2, 4, 6],
    issues: ["damaged-picture"],
  },
  {
    name: "holds back what follows a damaged picture until the next random access point",
    clip: "plain",
    steps: (units) => [
      ...push(units.map((unit) => (unit.sequence === 5 ? { ...unit, broken: true } : unit))),
      "idle",
    ],
    given: () => [...from(0, 5), ...from(12, 24)],
    issues: ["damaged-picture", "held-back"],
  },
  {
    name: "holds back what follows a loss until the next random access point",
    clip: "withB",
    steps: (units) => [...push(units.filter(({ sequence }) => sequence !== 1)), "flush", "idle"],
    given: (units) => [0, ...outputOrder(units.slice(12))],
    issues: ["frame-num-gap", "held-back"],
  },
  {
    name: "shows nothing before the first random access point",
    clip: "plain",
    steps: (units) => [...push(units.slice(4)), "idle"],
    given: () => from(12, 24),
    issues: ["before-random-access-point"],
  },
  {
    name: "holds a picture whose end is a guess until that is confirmed, or the next one comes",
    clip: "plain",
    steps: (units) => [
      ...pushEach([guessed(units[0]!)]),
      ...(["confirmEnd", "idle"] as const),
      ...push([guessed(units[1]!), guessed(units[2]!)]),
      ...(["idle", "flush", "idle"] as const),
    ],
    given: () => [0, 1, 2],
    givenWhenIdle: [0, 1, 2, 3],
    interval,
  },
  {
    name: "shows all of a picture whose end was guessed too early, once it is decoded again",
    clip: "plain",
    steps: (units) => [
      ...push([...units.slice(0, 5), cutShort(units[5]!, 0.5)]),
      "reset",
      ...push(units.slice(0, 5)),
      { push: { ...units[5]!, corrects: true } },
      ...push(units.slice(6)),
      "idle",
    ],
    given: numbers,
    interval,
  },
  {
    name: "outputs nothing twice in a replay",
    clip: "withB",
    steps: (units) => [
      ...push(units.slice(0, 9)),
      ...(["idle", "reset"] as const),
      ...push(units),
      ...(["flush", "idle"] as const),
    ],
    given: outputOrder,
  },
  {
    name: "outputs what waits when it is flushed, and resumes at a random access point",
    clip: "withB",
    steps: (units) => [
      ...push(units.slice(0, 8)),
      "flush",
      "idle",
      ...push(units.slice(12)),
      "flush",
      "idle",
    ],
    given: (units) => [...outputOrder(units.slice(0, 8)), ...outputOrder(units.slice(12))],
    givenWhenIdle: [8, 21],
  },
  {
    name: "forgets waiting pictures and references when it is reset",
    clip: "withB",
    steps: (units) => [
      ...push(units.slice(0, 8)),
      "idle",
      "reset",
      "idle",
      ...push(units.slice(8)),
      "flush",
      "idle",
    ],
    // 7 waits for B pictures before it.
    given: (units) => [...outputOrder(units.slice(0, 7)), ...outputOrder(units.slice(12))],
    givenWhenIdle: [7, 7, 20],
    issues: ["before-random-access-point"],
  },
  {
    name: "does not wait for pictures that are left out",
    clip: "withB",
    steps: (units) => [
      ...push(units.map((unit) => (unit.picture.reference ? unit : { ...unit, leaveOut: "picture" }))),
      ...(["flush", "idle"] as const),
    ],
    given: (units) => outputOrder(units.filter(({ picture }) => picture.reference)),
  },
  {
    name: "is flushed by the next sender",
    clip: "withB",
    steps: (units) => [...push(units.slice(0, 6)), ...push([{ ...units[12]!, epoch: 1 }]), "idle"],
    given: (units) => [...outputOrder(units.slice(0, 6)), 12],
  },
  {
    name: "outputs nothing once it is closed",
    clip: "plain",
    steps: (units) => [...push(units.slice(0, 3)), "idle", "close"],
    given: () => [0, 1, 2],
    givenWhenIdle: [3],
  },
];

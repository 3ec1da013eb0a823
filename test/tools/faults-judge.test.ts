import { describe, expect, it } from "vitest";
import { type Stream, type StreamPicture, Touched } from "../../tools/faults/clips/stream.mjs";
import { type Kind, type Plan, soundPlan } from "../../tools/faults/plan.mjs";
import { judge, type Seen } from "../../tools/faults/run/judge.mjs";

/** Pictures of two groups of five, each of which refers to the one before. */
const pictures = Array.from({ length: 10 }, (_, position) => ({
  position,
  order: position,
  digest: `picture ${position}`,
  bytes: new Uint8Array(10),
  nalUnits: [],
  isReference: true,
  startsDecoding: position % 5 === 0,
  refreshedFrom: undefined,
  leadingOf: undefined,
})) as unknown as StreamPicture[];
const stream: Stream = { name: "ten pictures", pictures };
const kind: Kind = { name: "unit-lost", causes: ["frame-num-gap"], plan: () => soundPlan(stream, "tcp") };

/** A plan that does not send one picture. */
function without(position: number): Plan {
  const plan = soundPlan(stream, "tcp");
  plan.touched = new Touched([position]);
  plan.parts = plan.parts.filter(({ picture }) => picture.position !== position);
  return plan;
}

/** A picture is sent every 10 ms, and shown 3 ms later unless its delay is given. */
function verdictOf(
  plan: Plan,
  shown: readonly number[],
  seen: Partial<Seen> = {},
  lateBy: Record<number, number> = {},
) {
  const bytes = plan.parts.reduce((sum, part) => sum + part.bytes.length, 0);
  const turns = new Map(pictures.map(({ position }) => [position, 1000 + position * 10]));
  return judge(
    kind,
    plan,
    { turns, bytes, hasArrived: () => true },
    {
      shown: shown.map((position) => ({
        digest: pictures[position]?.digest ?? "something else",
        at: 1003 + position * 10 + (lateBy[position] ?? 0),
      })),
      issues: [{ code: "frame-num-gap", count: 1 }],
      receivedBytes: bytes,
      processLateMs: 0,
      ...seen,
    },
  );
}

const sound = soundPlan(stream, "tcp");
const all = pictures.map(({ position }) => position);

describe("a sound stream", () => {
  it("passes when every picture is shown", () => {
    expect(verdictOf(sound, all)).toMatchObject({
      shown: 10,
      torn: 0,
      failures: [],
      late: [],
      recoveries: [],
    });
  });

  it("fails with a torn picture", () => {
    const { torn, failures } = verdictOf(sound, [...all, 99]);
    expect(torn).toBe(1);
    expect(failures).toEqual(["1 pictures differ from the reference decode"]);
  });

  it("fails with pictures out of order", () => {
    expect(verdictOf(sound, [0, 1, 3, 2, 4, 5, 6, 7, 8, 9]).failures).toEqual([
      "picture 2 was shown after picture 3",
    ]);
  });

  it("fails when a picture is missing", () => {
    expect(verdictOf(sound, all.slice(0, 9)).failures).toEqual(["sound pictures are not shown: 9 (1)"]);
  });

  it("passes without a picture that gave way to a newer one", () => {
    expect(verdictOf(sound, all.slice(0, 9), { skipped: 1 }).failures).toEqual([]);
  });
});

describe("after a loss", () => {
  const untilTheNextGroup = [0, 1, 5, 6, 7, 8, 9];

  it("passes when the next group is shown, and measures the recovery", () => {
    expect(verdictOf(without(2), untilTheNextGroup)).toMatchObject({
      failures: [],
      late: [],
      causes: ["frame-num-gap"],
      recoveries: [{ took: 33, over: 3 }],
    });
  });

  it("fails when no counter names the cause", () => {
    expect(verdictOf(without(2), untilTheNextGroup, { issues: [] }).failures).toEqual([
      "no counter names the cause: none counted",
    ]);
  });

  it("is late when the next good picture takes too long", () => {
    const { late } = verdictOf(without(2), [0, 1, 5], {}, { 5: 120 });
    expect(late).toEqual(["after picture 2 the next good one took 153 ms, expected at most 130"]);
  });

  it.each<[string, Partial<Seen>]>([
    ["this process was late", { processLateMs: 30 }],
    ["the machine kept the receiver from running", { starvedBetween: () => 30 }],
  ])("is not late when %s", (_, seen) => {
    expect(verdictOf(without(2), [0, 1, 5], seen, { 5: 120 }).late).toEqual([]);
  });

  it("judges only torn pictures and order when the system itself lost bytes", () => {
    expect(verdictOf(without(2), [0], { receivedBytes: 40 })).toMatchObject({ systemLost: 50, failures: [] });
    expect(verdictOf(without(2), [1, 0], { receivedBytes: 40 }).failures).toHaveLength(1);
  });
});

import { describe, expect, it } from "vitest";
import { fromMilliseconds } from "../../core/time.js";
import { LoadLadder, type Rung } from "./load-ladder.js";

const makeLateness = () => new LoadLadder(fromMilliseconds(400));

/** The rung after a look at each of these ages, ms, with so much time between the looks. */
const rungsAt = (lateness: LoadLadder, ages: readonly number[], stepMs = 400): Rung[] =>
  ages.map((age, index) => {
    lateness.look(fromMilliseconds(age), fromMilliseconds(1000 + index * stepMs));
    return lateness.rung;
  });

describe("LoadLadder", () => {
  it("leaves out more the older the waiting access units are, and nothing while none is late", () => {
    const lateness = makeLateness();
    expect(lateness.rung).toBe("none");
    expect(rungsAt(lateness, [0, 24, 25, 99, 100, 199, 200, 399, 400, 1599, 1600, 60_000])).toEqual([
      "none",
      "none",
      "conversion",
      "conversion",
      "loop-filter",
      "loop-filter",
      "non-reference",
      "non-reference",
      "jump",
      "jump",
      "wait",
      "wait",
    ]);
  });

  it("is climbed and left at once", () => {
    expect(rungsAt(makeLateness(), [250, 0, 500, 60, 500, 0])).toEqual([
      "non-reference",
      "none",
      "jump",
      "loop-filter",
      "jump",
      "none",
    ]);
  });

  it("waits only when it has been late for long, so that a short stop drops little", () => {
    expect(rungsAt(makeLateness(), [9000, 9000, 9000, 9000, 9000, 9000], 100)).toEqual([
      ...["jump", "jump", "jump", "jump"],
      ...["wait", "wait"],
    ]);
  });

  it("leaves a rung at half the age at which it was climbed", () => {
    expect(rungsAt(makeLateness(), [210, 150, 100, 99, 50, 49, 13, 12])).toEqual([
      "non-reference",
      "non-reference",
      "non-reference",
      "loop-filter",
      "loop-filter",
      "conversion",
      "conversion",
      "none",
    ]);
  });

  it("includes the rungs below", () => {
    const lateness = makeLateness();
    rungsAt(lateness, [250]);
    const all: Rung[] = ["none", "conversion", "loop-filter", "non-reference", "jump", "wait"];
    expect(all.filter((rung) => lateness.isAt(rung))).toEqual(all.slice(0, 4));
  });

  it("starts at the bottom once what was late was dropped", () => {
    const lateness = makeLateness();
    expect(rungsAt(lateness, [9000, 9000]).at(-1)).toBe("wait");
    lateness.restart();
    expect(lateness.rung).toBe("none");
    expect(rungsAt(lateness, [9000])).toEqual(["jump"]);
  });
});

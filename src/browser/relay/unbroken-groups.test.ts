import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import { UnbrokenGroups } from "./unbroken-groups.js";

describe("UnbrokenGroups", () => {
  const make = () => {
    const groups = new UnbrokenGroups();
    const judge = (group: number, object: number, corrects = false) =>
      groups.judge({ group, object, unit: accessUnit({ corrects }) });
    return { groups, judge };
  };

  it("lets nothing through after a gap until the next group begins", () => {
    const { judge } = make();
    expect([judge(3, 0), judge(3, 1), judge(3, 3), judge(3, 4)]).toEqual([
      "follows",
      "follows",
      "lost",
      "lost",
    ]);
    expect([judge(4, 0), judge(4, 1)]).toEqual(["after-loss", "follows"]);
  });

  it("waits for the beginning of a group", () => {
    const { judge } = make();
    expect([judge(3, 7), judge(3, 8), judge(4, 0)]).toEqual(["lost", "lost", "after-loss"]);
  });

  it("says when whole groups are missing", () => {
    const { judge } = make();
    expect([judge(0, 0), judge(1, 0), judge(3, 0)]).toEqual(["follows", "follows", "after-loss"]);
  });

  it("goes on after a gap that the server announced", () => {
    const { groups, judge } = make();
    judge(3, 0);
    groups.expectGap({ group: 3, object: 4 });
    expect([judge(3, 4), judge(3, 5), judge(3, 7)]).toEqual(["follows", "follows", "lost"]);
    groups.expectGap({ group: 5, object: 0 });
    expect(judge(5, 0)).toBe("after-loss");
  });

  it("takes the correction of the last one, and no other number twice", () => {
    const { judge } = make();
    expect([judge(0, 0), judge(0, 1), judge(0, 1, true), judge(0, 2), judge(0, 1, true)]).toEqual([
      "follows",
      "follows",
      "again",
      "follows",
      "lost",
    ]);
  });

  it("takes a correction as new where the one that it replaces did not come", () => {
    const { groups, judge } = make();
    expect([judge(0, 0, true), judge(0, 1, true), judge(0, 1, true)]).toEqual([
      "follows",
      "follows",
      "again",
    ]);
    groups.expectGap({ group: 0, object: 5 });
    expect(judge(0, 5, true)).toBe("follows");
  });
});

import { describe, expect, it } from "vitest";
import { CollectingSink } from "../../../test/support/collecting-sink.js";
import { type AccessUnitSyntax, accessUnit } from "../../../test/support/h264/access-units.js";
import { places } from "../../../test/support/h264/numbered-units.js";
import { IssueCounter } from "../../core/issues.js";
import type { Passing } from "../../core/passing.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";
import { GroupNumbering } from "./group-numbering.js";

const idr = { picture: { idr: true } } as const;
const recovery = (recoveryFrameCount: number) =>
  ({ randomAccess: "recovery-point", recoveryFrameCount }) as const;
const intra = { picture: { type: "I" } } as const;

function number(units: readonly AccessUnitSyntax[]) {
  const sink = new CollectingSink<Passing<NumberedAccessUnit>>();
  const issues = new IssueCounter();
  const numbering = new GroupNumbering(sink, issues);
  for (const [sequence, syntax] of units.entries()) numbering.push(accessUnit({ sequence, ...syntax }));
  return { places: places(sink.items), dropped: issues.count("before-random-access-point"), sink, numbering };
}

describe("GroupNumbering", () => {
  it("begins a group at each IDR picture and recovery point, and numbers without gaps", () => {
    expect(number([idr, {}, {}, idr, {}, recovery(0), {}, recovery(9), {}]).places).toEqual([
      ...["0.0", "0.1", "0.2"],
      ...["1.0", "1.1"],
      ...["2.0", "2.1"],
      ...["3.0", "3.1"],
    ]);
  });

  it("begins at the first I picture, and drops what comes before it", () => {
    const { places, dropped } = number([{}, {}, intra, {}, intra, idr]);
    expect(places).toEqual(["0.0", "0.1", "0.2", "1.0"]);
    expect(dropped).toBe(2);
  });

  it("continues group numbers in the next epoch, from its first random access point on", () => {
    const next = { epoch: 1 };
    expect(number([idr, {}, next, { ...idr, ...next }, next]).places).toEqual(["0.0", "0.1", "1.0", "1.1"]);
  });

  it("begins a group at a bare I picture after 300 access units without a better start", () => {
    const units = [idr, ...Array.from({ length: 300 }, () => ({})), intra, {}];
    expect(number(units).places.slice(-2)).toEqual(["1.0", "1.1"]);
  });

  it("begins a group every 300 access units in a stream that has no possible start at all", () => {
    const { places, dropped } = number(Array.from({ length: 700 }, () => ({})));
    expect(dropped).toBe(300);
    expect(places[0]).toBe("0.0");
    expect(places.filter((place) => place.endsWith(".0"))).toEqual(["0.0", "1.0"]);
  });

  it("gives a correction the numbers of the access unit that it corrects", () => {
    const units = [idr, {}, { sequence: 1, corrects: true }, { sequence: 2 }];
    expect(number(units).places).toEqual(["0.0", "0.1", "0.1", "0.2"]);
  });

  it("keeps both fields of an IDR picture in one group", () => {
    const field = { picture: { idr: true, secondField: true } } as const;
    expect(number([idr, field, {}]).places).toEqual(["0.0", "0.1", "0.2"]);
  });
});

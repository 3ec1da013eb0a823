import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fields, group, guessed, makeLine, withB } from "../../../../test/support/picture-line.js";
import { IssueCounter } from "../../../core/issues.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import { OutputHistory } from "./output-history.js";
import { PictureIssues } from "./picture-issues.js";
import { PictureLine } from "./picture-line.js";

/** Codes that each stand for a picture that is not shown. */
const reasons = [
  "before-random-access-point",
  "damaged-picture",
  "decode-error",
  "held-back",
  "late-picture",
  "leading-picture",
] as const;

const codedStreams: Record<string, readonly AccessUnit[]> = {
  P: [...group(6), ...group(6, 6), ...group(6, 12)],
  B: withB(),
  "P before an IDR picture": [...group(8).slice(1), ...group(5, 8)],
};
/** What goes wrong with an access unit. */
const faults = fc.constantFrom(
  "none",
  "none",
  "none",
  "damaged",
  "missing",
  "broken",
  "lost before",
  "guessed",
);

describe("the pictures that came are those shown and those of each reason", () => {
  it.each(Object.entries(codedStreams))("%s", (_, units) => {
    const length = units.length;
    fc.assert(
      fc.property(
        fc.array(faults, { minLength: length, maxLength: length }),
        fc.integer({ min: 0, max: length }),
        (faulty, resetAt) => {
          const issues = new IssueCounter();
          const { decoder, given } = makeLine();
          const line = new PictureLine(
            decoder,
            { push: (picture) => void given.push(picture), close() {} },
            issues,
          );
          decoder.line = line;
          const pushed = units.map((unit, index): AccessUnit => {
            const fault = faulty[index];
            if (fault === "damaged") decoder.damaged.add(unit.sequence);
            if (fault === "missing") decoder.missing.add(unit.sequence);
            const changed = { ...unit, broken: fault === "broken", discontinuity: fault === "lost before" };
            return fault === "guessed" ? guessed(changed) : changed;
          });
          for (const unit of pushed.slice(0, resetAt)) line.push(unit);
          // The decoder starts again, and decodes all of them once more.
          line.reset();
          for (const unit of pushed) line.push(unit);
          line.flush();
          const missing = reasons.reduce((sum, code) => sum + issues.count(code), 0);
          expect(given.length + missing, JSON.stringify(issues.list())).toBe(length);
        },
      ),
    );
  });
});

it("counts a frame of two fields once, with the first reason", () => {
  const counter = new IssueCounter();
  const issues = new PictureIssues(counter);
  for (const unit of fields(2)) issues.miss(unit, { code: "held-back", detail: `${unit.sequence}` });
  issues.miss(fields(2)[0]!, { code: "damaged-picture", detail: "too late" });
  expect(counter.list()).toEqual([{ code: "held-back", count: 2, detail: "2" }]);
});

it("does not count a picture that was output, nor one whose reason was reported elsewhere", () => {
  const counter = new IssueCounter();
  const history = new OutputHistory([0]);
  const issues = new PictureIssues(counter, history);
  const [first, second] = group(2) as [AccessUnit, AccessUnit];
  issues.miss(second);
  for (const unit of [first, second]) issues.miss(unit, { code: "held-back", detail: "" });
  expect(counter.list()).toEqual([]);
});

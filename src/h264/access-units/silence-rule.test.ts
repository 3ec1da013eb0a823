import { describe, expect, it } from "vitest";
import { fromMilliseconds, microseconds } from "../../core/time.js";
import { SilenceRule } from "./silence-rule.js";

const interval = fromMilliseconds(33);

/** Pictures with the widest gap inside each, in ms; 0 is none. */
function learn(...gaps: readonly number[]): SilenceRule {
  const rule = new SilenceRule();
  for (const gap of gaps) {
    if (gap > 0) rule.noteGap(fromMilliseconds(gap));
    rule.nextPicture();
  }
  return rule;
}

const clean = (count: number) => Array<number>(count).fill(0);

describe("SilenceRule chooses", () => {
  it("the shortest silence where there are no gaps", () => {
    expect(learn(...clean(100)).choose(interval, fromMilliseconds(60))).toBe(50);
  });

  it("the same whether it is asked at each picture or only at the end", () => {
    const gaps = [...clean(40), 7, ...clean(90), 2, 2, ...clean(3), 12, ...clean(25)];
    const asked = new SilenceRule();
    for (const [index, gap] of gaps.entries()) {
      if (gap > 0) asked.noteGap(fromMilliseconds(gap));
      asked.nextPicture();
      const cost = fromMilliseconds(60);
      expect(learn(...gaps.slice(0, index + 1)).choose(interval, cost)).toBe(asked.choose(interval, cost));
    }
  });

  it("a careful silence before anything was measured", () => {
    const silence = new SilenceRule().choose(interval, fromMilliseconds(50));
    expect(silence).toBeGreaterThan(3000);
    expect(silence).toBeLessThan(6000);
  });

  it("a silence above the usual gaps", () => {
    const silence = learn(...Array<number>(100).fill(4)).choose(interval, fromMilliseconds(60));
    expect(silence).toBeGreaterThan(4000);
    expect(silence).toBeLessThan(8000);
  });

  it("to keep guessing although every tenth picture stalls, if healing is cheap", () => {
    const stalls = Array.from({ length: 200 }, (_, index) => (index % 10 === 5 ? 40 : 0));
    expect(learn(...stalls).choose(interval, fromMilliseconds(60))).toBe(50);
  });

  it("to wait for the next picture if healing costs more", () => {
    const stalls = Array.from({ length: 200 }, (_, index) => (index % 10 === 5 ? 40 : 0));
    expect(learn(...stalls).choose(interval, fromMilliseconds(300))).toBeUndefined();
  });

  it("to wait for the next picture if nothing can be healed", () => {
    expect(learn(...clean(1000)).choose(interval, microseconds(Number.POSITIVE_INFINITY))).toBeUndefined();
  });

  it("nothing as long as half the time between pictures", () => {
    expect(learn(...Array<number>(100).fill(16)).choose(interval, fromMilliseconds(1))).toBeUndefined();
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const tokens = readFileSync(new URL("../../dashboard/src/style/tokens.css", import.meta.url), "utf8");
const blocks = tokens
  .split("}")
  .map(
    (block) => new Map([...block.matchAll(/--([\w-]+): (#\w{6})/g)].map((match) => [match[1]!, match[2]!])),
  );
const dark = blocks[0]!;
const light = new Map([...dark, ...blocks[1]!]);

/** Relative luminance (WCAG 2). */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}

describe.each([
  ["dark", dark],
  ["light", light],
])("the %s colours", (_name, colours) => {
  const of = (name: string) => colours.get(name)!;

  it.each(["text", "quiet", "accent", "live", "late", "damaged", "gone"])(
    "make %s readable (AA, 4.5)",
    (name) => {
      expect(contrast(of(name), of("ground"))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(of(name), of("raised"))).toBeGreaterThanOrEqual(4.5);
    },
  );

  it("make the strong button readable", () => {
    expect(contrast(of("on-accent"), of("accent"))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["picture-i", "picture-p"])("make %s visible (AA, 3)", (name) => {
    expect(contrast(of(name), of("ground"))).toBeGreaterThanOrEqual(3);
  });
});

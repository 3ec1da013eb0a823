import { expect, it } from "vitest";
import { packageProblems } from "../../tools/check/package-contents.mjs";

/** What the rules ask for, taken from their own complaints. */
const needed = packageProblems([], 0).map((problem) => problem.replace(" is missing", ""));

it("accepts a package with all that runs", () => {
  expect(needed).toContain("dist/node/index.js");
  expect(packageProblems([...needed, "dist/core/time.js", "CHANGELOG.md"], 999_999)).toEqual([]);
});

it("names a file that is missing", () => {
  const paths = needed.filter((path) => path !== "dist/browser/player.js");
  expect(packageProblems(paths, 0)).toEqual(["dist/browser/player.js is missing"]);
});

it.each(["dist/node/open.test.js", "dist/.node.tsbuildinfo", "src/node/index.ts", "tools/bench/bench.mjs"])(
  "names %s, which is for development",
  (path) => {
    expect(packageProblems([...needed, path], 0)).toEqual([`${path} does not belong in the package`]);
  },
);

it("names a package of more than a megabyte", () => {
  expect(packageProblems(needed, 1_000_001)).toEqual([
    "The package has 1000001 bytes, expected at most 1000000: see npm pack --dry-run",
  ]);
});

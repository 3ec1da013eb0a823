import { describe, expect, it } from "vitest";
import { layoutProblems, mostFiles } from "../../tools/check/layout.mjs";

/** Source files by path, with their code. */
const files = (codes: Record<string, string>) =>
  Object.entries(codes).map(([path, code]) => ({ path, code }));

const filesIn = (folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ path: `${folder}/file-${index}.ts`, code: "" }));

describe("the size of folders", () => {
  it("allows as many files as a reader takes in", () => {
    expect(layoutProblems(filesIn("src/live", mostFiles))).toEqual([]);
  });

  it("names a folder that holds one file more", () => {
    expect(layoutProblems(filesIn("src/live", mostFiles + 1))).toEqual([
      "src/live holds 17 files, expected at most 16: split it by what its files do",
    ]);
  });

  it("counts each folder alone", () => {
    expect(layoutProblems([...filesIn("src/live", mostFiles), ...filesIn("src/live/relay", 9)])).toEqual([]);
  });
});

describe("circles", () => {
  it("names two files that import each other", () => {
    const problems = layoutProblems(
      files({ "src/a.ts": 'import { b } from "./b.js";', "src/b.ts": 'export { a } from "./a.js";' }),
    );
    expect(problems).toEqual(["src: a.ts → b.ts → a.ts is a circle: move what both need below both"]);
  });

  it("names folders that need each other although no two of their files do", () => {
    const problems = layoutProblems(
      files({
        "src/read/parse.ts": 'import "../write/format.js";',
        "src/read/bits.ts": "",
        "src/write/format.ts": "",
        "src/write/patch.ts": 'const { bits } = await import("../read/bits.js");',
      }),
    );
    expect(problems).toEqual(["src: read → write → read is a circle: move what both need below both"]);
  });

  it("finds a circle behind a way into it, and leaves the way out", () => {
    const problems = layoutProblems(
      files({
        "src/a.ts": 'import "./b.js";',
        "src/b.ts": 'import "./c.js";',
        "src/c.ts": 'import "./d.js";',
        "src/d.ts": 'import "./b.js";',
      }),
    );
    expect(problems).toEqual(["src: b.ts → c.ts → d.ts → b.ts is a circle: move what both need below both"]);
  });

  it("counts types that JavaScript imports in comments", () => {
    const problems = layoutProblems(
      files({
        "tools/a.mjs": '/** @import { B } from "./b.mjs" */',
        "tools/b.mjs": '/** @param {import("./a.mjs").A} a */',
      }),
    );
    expect(problems).toHaveLength(1);
  });

  it("lets two files share a third, and a folder use the one above it", () => {
    const problems = layoutProblems(
      files({
        "src/time.ts": "",
        "src/queue/queue.ts": 'import { now } from "../time.js";',
        "src/clock/clock.ts": 'import { now } from "../time.js";',
        "src/open.ts": 'import "./queue/queue.js"; import "./clock/clock.js";',
      }),
    );
    expect(problems).toEqual([]);
  });

  it("ignores packages and built code", () => {
    const problems = layoutProblems(
      files({ "test/a.ts": 'import "vitest"; import "../dist/node/index.js"; import "./a.js?worker";' }),
    );
    expect(problems).toEqual([]);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

/** What the check says of a repository with these files. */
function check(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "nalive-links-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  execFileSync("git", ["init", "-q"], { cwd: folder });
  const script = join(import.meta.dirname, "../../tools/check/links.mjs");
  const { stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  return stderr.split("\n").filter((line) => line !== "");
}

test("a link to a file and to a heading of it is sound", () => {
  expect(
    check({
      "README.md": "[all](guide/a.md) [one](guide/a.md#what-is-it) [here](#top)\n\n# Top\n",
      "guide/a.md": '## What is it?\n\n![picture](b.png) <img src="b.png">\n',
      "guide/b.png": "",
    }),
  ).toEqual([]);
});

test("a link to a missing file is named with its document", () => {
  expect(check({ "README.md": "[gone](guide/gone.md) ![gone](gone.png)\n" })).toEqual([
    "README.md: guide/gone.md: there is no such file",
    "README.md: gone.png: there is no such file",
  ]);
});

test("a link to a missing heading is named, also within its own document", () => {
  const problems = check({
    "README.md": "[a](a.md#two) [b](#none)\n",
    "a.md": "# One\n\n```sh\n# Two\n```\n",
  });
  expect(problems).toEqual([
    "README.md: a.md#two: no heading has this anchor",
    "README.md: #none: no heading has this anchor",
  ]);
});

test("headings of the same text have numbered anchors", () => {
  expect(check({ "a.md": "[1](#one) [2](#one-1) [3](#one-2)\n# One\n# One\n" })).toEqual([
    "a.md: #one-2: no heading has this anchor",
  ]);
});

test("a code span that names a missing file of the repository is named", () => {
  const files = {
    "src/live/queue.ts": "",
    "a.md": "`src/live/queue.ts` `queue.ts` `src/live` `src/gone.ts` `gone.ts`\n",
  };
  expect(check(files)).toEqual([
    "a.md: src/gone.ts: there is no such file",
    "a.md: gone.ts: there is no such file",
  ]);
});

test("code spans of commands, placeholders and code blocks are no paths", () => {
  const text =
    "`npm start` `src/NAME.ts` `nalive/h264` `clip.h264`\n\n```\n[a](gone.md) `src/gone.ts`\n```\n";
  expect(check({ "src/a.ts": "", "a.md": text })).toEqual([]);
});

test("a comment that names a missing document is named", () => {
  const gone = ["docs", "gone.md"].join("/");
  expect(check({ "src/a.ts": `// see ${gone}\n` })).toEqual([`src/a.ts: ${gone}: there is no such document`]);
});

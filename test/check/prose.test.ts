import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

/** Runs the check over one file with this text. */
function check(name: string, text: string) {
  const folder = mkdtempSync(join(tmpdir(), "nalive-prose-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  const script = join(import.meta.dirname, "../../tools/check/prose.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, path], { encoding: "utf8" });
  const refused = [...stderr.matchAll(/:(\d+): \d+ columns/g)].map(([, line]) => Number(line));
  const phrases = [...stdout.matchAll(/"([^"]+)" in line (\d+)/g)].map(
    ([, phrase, line]) => [phrase, Number(line)] as const,
  );
  return { passed: status === 0, refused, phrases };
}

const long = "word ".repeat(21).trim();
const fits = `${"word ".repeat(19)}words`;

test("a line of exactly 100 columns passes, one more does not", () => {
  expect(fits).toHaveLength(100);
  expect(check("a.md", fits).passed).toBe(true);
  expect(check("a.md", `${fits}s`)).toMatchObject({ passed: false, refused: [1] });
});

test("columns count characters, not bytes", () => {
  expect(check("a.md", fits.replace("word", "wörd")).passed).toBe(true);
});

test("Markdown is held outside of tables, code blocks and lone links", () => {
  const text = [
    `| ${long} |`,
    "```",
    long,
    "```",
    `- [${"name ".repeat(10)}](https://example.org/${"x".repeat(80)})`,
    `https://example.org/${"x".repeat(100)}`,
    `> ${long}`,
    `- ${long}`,
  ];
  expect(check("a.md", text.join("\n")).refused).toEqual([7, 8]);
});

test("code is held in comments only", () => {
  const text = [
    `const text = "${long}";`,
    `// ${long}`,
    "/**",
    ` * ${long}`,
    " */",
    `/* ${long} */`,
    `const url = "https://example.org/${"x".repeat(90)}"; // too long`,
    `// biome-ignore lint/style/useConst: ${long}`,
    `const after = "${long}";`,
  ];
  expect(check("a.ts", text.join("\n")).refused).toEqual([2, 4, 6, 7]);
});

test("a comment's marker within a string begins no comment", () => {
  expect(check("a.ts", `const text = "a // ${long}";\nconst other = \`a // ${long}\`;\n`).passed).toBe(true);
});

test.each(["a.css", "a.mjs"])("block comments of %s are held", (name) => {
  expect(check(name, `/*\n ${long}\n*/\n`).refused).toEqual([2]);
});

test.each(["a.yaml", "a.sh"])("comments of %s are held", (name) => {
  expect(check(name, `# ${long}\nkey: ${long}\n`).refused).toEqual([1]);
});

test("phrases are found across line ends, and named with their line", () => {
  expect(check("a.ts", "// fine\n\n// It tells\n// of an end.\n").phrases).toEqual([["tells of", 3]]);
});

test("phrases in code and in code spans do not count", () => {
  expect(check("a.md", "`so many`\n\n```\nso many\n```\n").phrases).toEqual([]);
  expect(check("a.ts", 'const message = "so many";\n').phrases).toEqual([]);
});

test("a sentence that begins with Who counts, unless it asks", () => {
  expect(check("a.md", "It ends. Who comes late sees nothing.").phrases).toEqual([["Who", 1]]);
  expect(check("a.md", "It ends. Who comes late?").phrases).toEqual([]);
});

test("phrases alone do not fail the check", () => {
  expect(check("a.md", "It tells of so many.").passed).toBe(true);
});

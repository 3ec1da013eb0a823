import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { main } from "../cli/run-cli.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const python = [join(root, "out/test-tools/python/bin/python"), "python3"].find(
  (path) => (path === "python3" || existsSync(path)) && spawnSync(path, ["-c", "import numpy"]).status === 0,
);

/**
 * The first snippet in a language that contains a text. Its source sends three pictures and ends.
 */
function snippet(page: string, language: string, text: string): string {
  const blocks = readFileSync(join(root, page), "utf8").matchAll(/^```(\w+)\n(.*?)^```/gms);
  const found = [...blocks].find(([, name, code]) => name === language && code!.includes(text));
  if (!found) throw new Error(`${page} has no snippet in ${language} with ${text}`);
  return found[2]!.replaceAll("tcp://0.0.0.0:5000?listen", "test:?frames=3");
}

/** Runs a program beside which `nalive` is a command and a package. */
function run(command: string, name: string, code: string) {
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "snippet-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), code);
  const shim = join(folder, "nalive");
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(shim, 0o755);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  return spawnSync(command, [join(folder, name)], { encoding: "utf8", env, timeout: 15_000 });
}

test.each(["README.md", "docs/library.md"])("the snippet for Node in %s prints BGR24 frames", (page) => {
  const { stdout, stderr } = run(process.execPath, "snippet.mjs", snippet(page, "js", "for await"));

  expect(stderr).toBe("");
  expect(stdout).toMatch(/^1280 720 2764800/m);
});

test.skipIf(!python).each(["README.md", "docs/commands.md"])(
  "the snippet for Python in %s reads pictures",
  (page) => {
    const code = `${snippet(page, "python", "subprocess")}\nprint(picture.shape, picture.dtype)\n`;
    const { stdout } = run(python!, "snippet.py", code);

    expect(stdout.trim().split("\n").at(-1)).toBe("(720, 1280, 3) uint8");
  },
);

test("no snippet of the README has more than eight lines", () => {
  const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```\w+\n(.*?)^```/gms)];

  expect(blocks).toHaveLength(4);
  for (const [, code] of blocks) expect(code!.trimEnd().split("\n").length).toBeLessThanOrEqual(8);
});

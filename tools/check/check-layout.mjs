// Part of `npm run check:layers`: holds all source files, committed or not, to the rules of the
// layout.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/setup.mjs";
import { layoutProblems } from "./layout.mjs";

const folders = ["src", "dashboard", "tools", "test"];
const listing = execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...folders], {
  cwd: root,
  encoding: "utf8",
});
const files = listing
  .split("\n")
  .filter((path) => /\.(ts|mts|mjs)$/.test(path) && !path.includes(".test."))
  // A file that was deleted but not committed is still listed.
  .filter((path) => existsSync(join(root, path)))
  .map((path) => ({ path, code: readFileSync(join(root, path), "utf8") }));

const problems = layoutProblems(files);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

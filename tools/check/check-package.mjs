// Part of `npm run check:package`: lists what `npm pack` would pack and holds it to the rules.
import { execFileSync } from "node:child_process";
import { root } from "../setup/setup.mjs";
import { packageProblems } from "./package-contents.mjs";

const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
  shell: process.platform === "win32",
});
/** @type {{ files: { path: string }[], size: number }[]} */
const [{ files, size } = { files: [], size: 0 }] = JSON.parse(packed);

const problems = packageProblems(
  files.map(({ path }) => path),
  size,
);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

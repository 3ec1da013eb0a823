// `npm run check`: everything that can be said of the code without running it. Each check alone: `npm run check:NAME`.
import { spawn } from "node:child_process";
import { build, installPackages, root } from "../setup/setup.mjs";

/** Scripts of package.json, and what they hold the code to. */
const checks = [
  ["style", "format and lint"],
  ["types", "types per platform, and of the tests"],
  ["layers", "which file may import which"],
  ["unused", "no unused files, exports and packages"],
  ["docs", "every public name is documented"],
  ["prose", "prose within 100 columns, and phrases to put more plainly"],
  ["package", "what would be published"],
];

/** Their output is worth reading when they pass, too. */
const reports = ["prose"];

installPackages();
build();
const results = await Promise.all(checks.map(runCheck));
const failed = results.filter((passed) => !passed).length;
process.stdout.write(`${checks.length - failed} of ${checks.length} checks passed\n`);
process.exitCode = failed > 0 ? 1 : 0;

/** Says how it ended, and what it wrote if it failed or reports. */
function runCheck([name, title]) {
  const started = performance.now();
  return new Promise((resolve) => {
    const npm = spawn("npm", ["run", "--silent", `check:${name}`], {
      cwd: root,
      shell: process.platform === "win32",
    });
    const output = [];
    for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (bytes) => output.push(bytes));
    npm.on("error", (error) => output.push(Buffer.from(`${error.message}\n`)));
    npm.on("close", (code) => {
      const passed = code === 0;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stdout.write(`${passed ? "ok    " : "FAILED"}  ${name}: ${title} (${seconds} s)\n`);
      if (!passed || reports.includes(name)) process.stdout.write(Buffer.concat(output));
      resolve(passed);
    });
  });
}

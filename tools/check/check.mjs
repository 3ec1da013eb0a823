// `npm run check` runs every check that needs no running code. `npm run check:NAME` runs one of
// them.
import { spawn } from "node:child_process";
import { build, installPackages, root } from "../setup/setup.mjs";

/** A script of package.json by its name after `check:`, and what it checks. */
const checks = {
  style: "format and lint",
  types: "types of each platform, the tests, the tools, the examples and the dashboard",
  layers: "imports between layers, size of folders",
  unused: "no unused files, exports or packages",
  docs: "every public name is documented",
  prose: "prose within 100 columns, and phrases to put more plainly",
  links: "documents name files and headings that exist",
  package: "contents of the published package",
};

/** Checks whose output is worth reading when they pass, too. */
const reports = ["prose"];

installPackages();
build();
const results = await Promise.all(Object.entries(checks).map(([name, title]) => runCheck(name, title)));
const failed = results.filter((passed) => !passed).length;
process.stdout.write(`${results.length - failed} of ${results.length} checks passed\n`);
process.exitCode = failed > 0 ? 1 : 0;

/**
 * Prints a line with the result. The check's output follows when it failed or reports.
 *
 * @param {string} name
 * @param {string} title
 * @returns {Promise<boolean>} true when the check passed
 */
function runCheck(name, title) {
  const started = performance.now();
  return new Promise((resolve) => {
    const npm = spawn("npm", ["run", "--silent", `check:${name}`], {
      cwd: root,
      shell: process.platform === "win32",
    });
    /** @type {Buffer[]} */
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

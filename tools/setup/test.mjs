// `npm test` runs all tests; `npm test -- src` those below a path. Its last line reads: N passed, N
// failed, N skipped.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, installPackages, root } from "./setup.mjs";
import { prepareTestTools } from "./test-tools.mjs";

/**
 * What Vitest's JSON reporter writes, as far as it is read here.
 *
 * @typedef {object} TestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {{ assertionResults: { status: string, fullName: string }[] }[]} testResults
 */

installPackages();
prepareTestTools();
build();

const reportPath = join(tmpdir(), `nalive-tests-${process.pid}.json`);
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
const { status } = spawnSync(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});

/** @type {TestReport} */
const report = JSON.parse(readFileSync(reportPath, "utf8"));
rmSync(reportPath);
const skipped = report.testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter((test) => ["pending", "skipped", "todo"].includes(test.status));
for (const test of skipped) process.stdout.write(`skipped: ${test.fullName}\n`);
// A file that cannot be loaded, or a suite without tests, fails the run although no test has
// failed.
const failed = Math.max(report.numFailedTests, status === 0 ? 0 : 1);
process.stdout.write(`${report.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped\n`);
process.exit(status ?? 1);

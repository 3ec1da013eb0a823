// `npm test`: sets itself up, then runs all tests. The last line counts: N passed, N failed, N skipped.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, installPackages, root } from "./setup.mjs";
import { prepareTestTools } from "./test-tools.mjs";

installPackages();
prepareTestTools();
build();

const reportPath = join(tmpdir(), `nalive-tests-${process.pid}.json`);
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportPath}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);

const report = JSON.parse(readFileSync(reportPath, "utf8"));
rmSync(reportPath);
const skipped = report.testResults.flatMap(({ assertionResults }) =>
  assertionResults.filter(
    (test) => test.status === "pending" || test.status === "skipped" || test.status === "todo",
  ),
);
for (const test of skipped) process.stdout.write(`skipped: ${test.fullName}\n`);
// A file that cannot be loaded, or a suite without tests, fails without a failed test.
const failed = Math.max(report.numFailedTests, status === 0 ? 0 : 1);
process.stdout.write(`${report.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped\n`);
process.exit(status ?? 1);

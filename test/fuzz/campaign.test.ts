import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { fuzz } from "../../tools/fuzz/campaign.mjs";
import { compileTargets } from "../../tools/fuzz/compile.mjs";

/** Fuzzes one batch of three inputs, and returns its figures. */
async function fuzzOneBatch(mostLiveBytes?: number) {
  const out = mkdtempSync(join(tmpdir(), "nalive-fuzz-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  let batches = 0;
  const [total] = await fuzz({
    targets: ["wire"],
    seed: 1,
    folder: undefined,
    out,
    // Asked before the batch twice, and after each of its inputs.
    isOver: () => ++batches > 5,
    batchSize: 3,
    ...(mostLiveBytes === undefined ? {} : { mostLiveBytes }),
  });
  return { total: total!, files: readdirSync(out).sort() };
}

beforeAll(compileTargets);

it("sends inputs through a target in its own process until it is over", { timeout: 60_000 }, async () => {
  const { total, files } = await fuzzOneBatch();

  expect(total).toMatchObject({ target: "wire", inputs: 3, next: 3, findings: [] });
  expect(total.mostLive).toBeGreaterThan(0);
  expect(files).toEqual([]);
});

it("keeps a finding with the input that repeats it", { timeout: 120_000 }, async () => {
  const { total, files } = await fuzzOneBatch(1);

  expect(total.findings).toMatchObject([
    { target: "wire", number: 2, why: expect.stringMatching(/^growth: \d+ bytes live/) },
  ]);
  expect(files).toEqual(["wire-1-2.h264", "wire-1-2.h264.txt", "wire-1-2.small.h264"]);
});

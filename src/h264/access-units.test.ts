import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { annexB, concat, cut, toHex } from "../../test/support/bytes.js";
import { idr, p, sets } from "../../test/support/h264/assembling.js";
import { codedStream } from "../../test/support/h264/coded-stream.js";
import { IssueCounter } from "../core/issues.js";
import type { CodedAccessUnit } from "./access-unit.js";
import { type AccessUnitInput, accessUnits } from "./access-units.js";

async function all(bytes: AccessUnitInput): Promise<CodedAccessUnit[]> {
  const units: CodedAccessUnit[] = [];
  for await (const unit of accessUnits(bytes)) units.push(unit);
  return units;
}

describe("accessUnits", () => {
  it("does not depend on how the input was cut, also when the input reuses its memory", async () => {
    const noise = fc.uint8Array({ maxLength: 60 });
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(codedStream, noise, codedStream, sizes, async (one, noise, other, sizes) => {
        const bytes = concat(one, noise, other);
        const memory = Buffer.alloc(200);
        async function* pieces() {
          for (const piece of cut(bytes, sizes)) {
            memory.set(piece);
            yield memory.subarray(0, piece.length);
            memory.fill(0xee);
          }
        }
        expect(await all(pieces())).toEqual(await all(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it("gives each as soon as the next one begins, the last at the end of the input", async () => {
    const asked: number[] = [];
    async function* pieces() {
      for (const [index, nal] of [...sets, idr, p(1), p(2, { payload: 60 })].entries()) {
        asked.push(index);
        yield annexB(nal);
      }
    }
    const seen: [sequence: number, asked: number][] = [];
    for await (const { sequence } of accessUnits(pieces())) seen.push([sequence, asked.length]);
    // A slice of a few bytes is identified when it ends, a longer one by its header.
    expect(seen).toEqual([
      [0, 5],
      [1, 5],
      [2, 5],
    ]);
  });

  it("does not end a picture at a pause", async () => {
    const bytes = annexB(...sets, idr, p(1, { payload: 60 }));
    async function* withPause() {
      yield bytes.subarray(0, -20);
      await new Promise((resolve) => setTimeout(resolve, 150));
      yield bytes.subarray(-20);
    }
    const units = await all(withPause());
    expect(toHex(concat(...units.map(({ data }) => data)))).toBe(toHex(bytes));
  });

  it("says what the bitstream says, without times and connections", async () => {
    const [unit] = await all([annexB(...sets, idr)]);
    expect(Object.keys(unit!).sort()).toEqual(
      [
        ...["broken", "data", "discontinuity", "format", "nalUnits", "parameterSets", "picture"],
        ...["position", "randomAccess", "recoveryFrameCount", "sequence"],
      ].sort(),
    );
  });

  it("gives bytes that last", async () => {
    const bytes = annexB(...sets, idr, p(1), p(2), p(3));
    const units = await all(cut(bytes, [7]));
    expect(new Set(units.map(({ data }) => data.buffer)).size).toBe(4);
    expect(toHex(concat(...units.map(({ data }) => data)))).toBe(toHex(bytes));
  });

  it("reports damage and continues", async () => {
    const issues = new IssueCounter();
    const units: CodedAccessUnit[] = [];
    const bytes = annexB(...sets, idr, p(1), Uint8Array.of(0xe1, 1, 2), p(2), p(3));
    for await (const unit of accessUnits(bytes, { issues })) units.push(unit);
    expect(units.map(({ discontinuity }) => discontinuity)).toEqual([true, false, false, false]);
    expect(issues.list()).toMatchObject([{ code: "malformed-nal-unit", count: 1 }]);
  });

  it("ends the input when its reader leaves the loop", async () => {
    let ended = false;
    async function* pieces() {
      try {
        for (let index = 0; ; index++) yield annexB(...sets, idr, p(index + 1));
      } finally {
        ended = true;
      }
    }
    for await (const { sequence } of accessUnits(pieces())) if (sequence === 3) break;
    expect(ended).toBe(true);
  });

  it("refuses text, and throws what its input throws", async () => {
    await expect(all(["00 00 01"] as unknown as Uint8Array[])).rejects.toMatchObject({
      code: "NALIVE_INVALID_ARGUMENT",
      message: "Got a piece of type string, expected Uint8Array: read the stream without an encoding.",
    });
    // biome-ignore lint/correctness/useYield: the input fails at once
    async function* failing(): AsyncGenerator<Uint8Array> {
      throw new Error("gone");
    }
    await expect(all(failing())).rejects.toThrow("gone");
  });
});

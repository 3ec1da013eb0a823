import { expect, it } from "vitest";
import { OutputHistory } from "./output-history.js";

it("remembers exactly the latest 16384 pictures", () => {
  const outputHistory = new OutputHistory();
  for (let sequence = 0; sequence < 16_384; sequence++) expect(outputHistory.add(sequence)).toBe(true);
  expect([0, 9000, 16_383].map((sequence) => outputHistory.add(sequence))).toEqual([false, false, false]);
  expect(outputHistory.add(16_384)).toBe(true);
  expect(outputHistory.add(1)).toBe(false);
  expect(outputHistory.add(0)).toBe(true);
});

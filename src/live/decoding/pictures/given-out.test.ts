import { expect, it } from "vitest";
import { GivenOut } from "./given-out.js";

it("knows each of the latest 16384 pictures, and no more than those", () => {
  const givenOut = new GivenOut();
  for (let sequence = 0; sequence < 16_384; sequence++) expect(givenOut.add(sequence)).toBe(true);
  expect([0, 9000, 16_383].map((sequence) => givenOut.add(sequence))).toEqual([false, false, false]);
  expect(givenOut.add(16_384)).toBe(true);
  expect(givenOut.add(1)).toBe(false);
  expect(givenOut.add(0)).toBe(true);
});

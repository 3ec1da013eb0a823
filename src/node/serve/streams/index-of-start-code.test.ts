import fc from "fast-check";
import { expect, test } from "vitest";
import { indexOfStartCode } from "./index-of-start-code.js";

test("finds the same start codes as a byte-by-byte search from any position", () => {
  const bytes = fc.uint8Array({ max: 3, maxLength: 40 });
  fc.assert(
    fc.property(bytes, fc.integer({ min: 2, max: 45 }), (data, from) => {
      const isEnd = (_: number, at: number) =>
        at >= from && data[at] === 1 && data[at - 1] === 0 && data[at - 2] === 0;
      expect(indexOfStartCode(data, from)).toBe(data.findIndex(isEnd));
    }),
  );
});

import { expect, it } from "vitest";
import { colourInWords } from "./colour-words.js";

it("names the matrix and range that the stream states, and nothing else", () => {
  const described = (matrixCoefficients: number, videoFullRangeFlag: boolean) =>
    colourInWords({
      videoFormat: 5,
      videoFullRangeFlag,
      colourDescription: { colourPrimaries: 1, transferCharacteristics: 1, matrixCoefficients },
    });
  expect(described(1, false)).toBe("BT.709, limited range");
  expect(described(5, true)).toBe("BT.601, full range");
  expect(described(13, true)).toBe("matrix 13, full range");
  expect(described(2, false)).toBe("matrix not stated, limited range");
  expect(colourInWords({ videoFormat: 5, videoFullRangeFlag: true })).toBe("matrix not stated, full range");
  expect(colourInWords(undefined)).toBeUndefined();
});

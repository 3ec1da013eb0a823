import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import { ReorderEvidence } from "./reorder-evidence.js";

/** Adds pictures with these order counts; 0 is an IDR picture. */
function evidence(...counts: number[]): ReorderEvidence {
  const made = new ReorderEvidence();
  for (const pictureOrderCount of counts) {
    made.add(accessUnit({ picture: { pictureOrderCount, idr: pictureOrderCount === 0 } }));
  }
  return made;
}

const counting = (length: number, step: number) => Array.from({ length }, (_, index) => index * step);

describe("ReorderEvidence", () => {
  it("is proof if many pictures in a row leave no room between them", () => {
    for (const step of [1, 2]) {
      expect(evidence(...counting(31, step)).inOrder).toBe(false);
      expect(evidence(...counting(32, step)).inOrder).toBe(true);
      expect(evidence(...Array.from({ length: 8 }, () => counting(4, step)).flat()).inOrder).toBe(true);
    }
  });

  it("is no proof if other pictures would fit between", () => {
    expect(evidence(...counting(200, 4)).inOrder).toBe(false);
    expect(evidence(...Array.from({ length: 100 }, () => [0, 6]).flat()).inOrder).toBe(false);
  });

  it("stays refuted after one reordered picture", () => {
    const reordering = [0, 4, 2, 8, 6];
    expect(evidence(...reordering, ...counting(100, 2)).inOrder).toBe(false);
    expect(evidence(...counting(100, 2), ...reordering).inOrder).toBe(false);
    expect(evidence(...counting(100, 2), 0, 2, 1).inOrder).toBe(false);
  });

  it("survives a loss: a jump is no reordering", () => {
    expect(evidence(...counting(32, 2), 90, 92).inOrder).toBe(true);
  });

  it("counts corrections and second fields only once", () => {
    const made = new ReorderEvidence();
    for (let pictureOrderCount = 0; pictureOrderCount < 62; pictureOrderCount += 2) {
      made.add(accessUnit({ picture: { pictureOrderCount, structure: "top-field" } }));
      made.add(accessUnit({ picture: { pictureOrderCount: pictureOrderCount - 1, secondField: true } }));
      made.add(accessUnit({ corrects: true, picture: { pictureOrderCount } }));
    }
    expect(made.inOrder).toBe(false);
    made.add(accessUnit({ picture: { pictureOrderCount: 62 } }));
    expect(made.inOrder).toBe(true);
  });

  it("starts again on reset", () => {
    const made = evidence(0, 4, 2);
    made.reset();
    for (const pictureOrderCount of counting(32, 2)) made.add(accessUnit({ picture: { pictureOrderCount } }));
    expect(made.inOrder).toBe(true);
  });
});

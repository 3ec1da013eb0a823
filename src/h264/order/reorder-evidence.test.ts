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
      expect(evidence(...counting(31, step)).depth).not.toBe(0);
      expect(evidence(...counting(32, step)).depth).toBe(0);
      expect(evidence(...Array.from({ length: 8 }, () => counting(4, step)).flat()).depth).toBe(0);
    }
  });

  it("is no proof if other pictures would fit between", () => {
    expect(evidence(...counting(200, 4)).depth).not.toBe(0);
    expect(evidence(...Array.from({ length: 100 }, () => [0, 6]).flat()).depth).not.toBe(0);
  });

  it("stays refuted after one reordered picture", () => {
    const reordering = [0, 4, 2, 8, 6];
    expect(evidence(...reordering, ...counting(100, 2)).depth).not.toBe(0);
    expect(evidence(...counting(100, 2), ...reordering).depth).not.toBe(0);
    expect(evidence(...counting(100, 2), 0, 2, 1).depth).not.toBe(0);
  });

  it("survives a loss: a jump is no reordering", () => {
    expect(evidence(...counting(32, 2), 90, 92).depth).toBe(0);
  });

  it("is unknown after counts that prove nothing: a picture twice, or a start that was lost", () => {
    expect(evidence(...counting(32, 2), 60).depth).toBeUndefined();
    expect(evidence(...counting(32, 2), 2, 4, 6, 8).depth).toBeUndefined();
  });

  it("is the most pictures that preceded one in decoding order and follow it in output order", () => {
    expect(evidence(0, 6, 2, 4, 12, 8, 10).depth).toBe(1);
    expect(evidence(0, 8, 4, 2, 6).depth).toBe(2);
    expect(evidence(0, -8, -12, -14, -10).depth).toBe(3);
    expect(evidence(...counting(100, 2), 0, 8, 4, 2).depth).toBe(2);
  });

  it("counts corrections and second fields only once", () => {
    const made = new ReorderEvidence();
    for (let pictureOrderCount = 0; pictureOrderCount < 62; pictureOrderCount += 2) {
      made.add(accessUnit({ picture: { pictureOrderCount, structure: "top-field" } }));
      made.add(accessUnit({ picture: { pictureOrderCount: pictureOrderCount - 1, secondField: true } }));
      made.add(accessUnit({ corrects: true, picture: { pictureOrderCount } }));
    }
    expect(made.depth).toBeUndefined();
    made.add(accessUnit({ picture: { pictureOrderCount: 62 } }));
    expect(made.depth).toBe(0);
  });

  it("starts again on reset", () => {
    const made = evidence(0, 4, 2);
    made.reset();
    for (const pictureOrderCount of counting(32, 2)) made.add(accessUnit({ picture: { pictureOrderCount } }));
    expect(made.depth).toBe(0);
  });
});

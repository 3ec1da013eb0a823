import { describe, expect, it } from "vitest";
import { annexB } from "../../test/support/bytes.js";
import { parameterSets, sliceNal } from "../../test/support/h264/coded-picture.js";
import { joinAnnexB, splitAnnexB } from "./annex-b.js";

const nals = [...parameterSets(), sliceNal({ idr: true })];

describe("joinAnnexB", () => {
  it("puts a start code of four bytes before each NAL unit, and leaves room on request", () => {
    expect(joinAnnexB(nals)).toEqual(annexB(...nals));
    const roomy = joinAnnexB(nals, 100);
    expect(roomy).toEqual(annexB(...nals));
    expect([roomy.byteOffset, roomy.buffer.byteLength]).toEqual([100, 100 + roomy.length]);
  });
});

describe("splitAnnexB", () => {
  it("finds each NAL unit, and none in no bytes", () => {
    for (const some of [nals, nals.slice(1), nals.slice(2), []])
      expect(splitAnnexB(joinAnnexB(some))).toEqual(some);
  });
});

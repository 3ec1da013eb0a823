import { describe, expect, it } from "vitest";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { restriction, spsNal, timing } from "../../../test/support/h264/h264-syntax.js";
import { parseSequenceParameterSet } from "../syntax/sequence-parameter-set.js";
import { patientSps } from "./patient-sps.js";

function stated(nal: Uint8Array): number[] | undefined {
  const { vui, warnings } = parseSequenceParameterSet(nal);
  expect(warnings).toEqual([]);
  const found = vui?.bitstreamRestriction;
  return found && [found.maxNumReorderFrames, found.maxDecFrameBuffering];
}

describe("patientSps", () => {
  it("states that one picture is reordered where the SPS says none", () => {
    expect(stated(patientSps(spsNal({ vui: restriction(0, 1) })))).toEqual([1, 1]);
    expect(stated(patientSps(spsNal({ vui: restriction(0, 4), maxNumRefFrames: 4 })))).toEqual([1, 4]);
  });

  it("states what pyramids need where the SPS says nothing, but no more than the DPB holds", () => {
    for (const vui of [undefined, timing(1, 60)]) {
      expect(stated(patientSps(spsNal({ ...(vui && { vui }) })))).toEqual([4, 4]);
      // At 320x240, level 1.1 allows three frames.
      expect(stated(patientSps(spsNal({ levelIdc: 11, ...(vui && { vui }) })))).toEqual([3, 3]);
    }
  });

  it("leaves a depth above 0 alone, output order that is decoding order, and garbage", () => {
    const inDecodingOrder = (writer: BitWriter) => void writer.ue(2);
    for (const nal of [
      spsNal({ vui: restriction(2, 4) }),
      spsNal({ pictureOrder: inDecodingOrder }),
      Uint8Array.of(0x67, 1, 2),
    ])
      expect(patientSps(nal)).toBe(nal);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { nalUnit, ppsNal, type SpsSyntax, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { parseSliceHeader, type SliceHeader } from "../syntax/slice-header.js";
import { PictureOrderCountDecoder } from "./picture-order-count.js";

/** A decoder of reference frames with frame_num 0, but for the given elements. */
function decoderOf(syntax: SpsSyntax) {
  const sets = new ParameterSets();
  sets.put(nalUnit(spsNal(syntax)));
  sets.put(nalUnit(ppsNal()));
  const slice = new BitWriter().ue(0, 2, 0).u(4, 0).u(32, 0xffffffff).trailing().nal(0x41);
  const template = parseSliceHeader(nalUnit(slice), sets);
  const plain = {
    ...template,
    picOrderCntLsb: 0,
    deltaPicOrderCntBottom: 0,
    deltaPicOrderCnt: [0, 0] as const,
  };
  const decoder = new PictureOrderCountDecoder();
  return (picture: Partial<SliceHeader>) => decoder.decode({ ...plain, ...picture });
}

const idr = { idrPicFlag: true };
const top = { fieldPicFlag: true };
const bottom = { fieldPicFlag: true, bottomFieldFlag: true };
const disposable = { nalRefIdc: 0 };

describe("pic_order_cnt_type 0", () => {
  it("follows pictures within half of MaxPicOrderCntLsb of the previous reference picture", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -7, max: 7 }), fc.boolean()), { maxLength: 60 }),
        (steps) => {
          const decode = decoderOf({});
          decode(idr);
          let previousReference = 0;
          for (const [step, isReference] of steps) {
            const count = previousReference + step;
            const picOrderCntLsb = ((count % 16) + 16) % 16;
            const decoded = decode({ picOrderCntLsb, nalRefIdc: isReference ? 1 : 0 });
            expect(decoded.pictureOrderCount).toBe(count);
            if (isReference) previousReference = count;
          }
        },
      ),
    );
  });

  it("starts again at an IDR picture", () => {
    const decode = decoderOf({});
    decode({ picOrderCntLsb: 6 });
    decode({ picOrderCntLsb: 12 });
    expect(decode({ picOrderCntLsb: 2 }).pictureOrderCount).toBe(18);
    expect(decode(idr).pictureOrderCount).toBe(0);
  });

  it("takes the lower field's count for a frame, and the only one for a field", () => {
    const decode = decoderOf({});
    expect(decode({ ...idr, picOrderCntLsb: 4, deltaPicOrderCntBottom: -1 })).toEqual({
      top: 4,
      bottom: 3,
      pictureOrderCount: 3,
      pictureOrderCountAfterMarking: 3,
    });
    expect(decode({ ...top, picOrderCntLsb: 6 })).toMatchObject({
      top: 6,
      bottom: undefined,
      pictureOrderCount: 6,
    });
    expect(decode({ ...bottom, picOrderCntLsb: 7 })).toMatchObject({
      top: undefined,
      bottom: 7,
      pictureOrderCount: 7,
    });
  });
});

describe("memory_management_control_operation 5", () => {
  const mmco5 = { hasMmco5: true };

  it("makes the picture count as 0 for those that follow", () => {
    const decode = decoderOf({});
    decode(idr);
    decode({ picOrderCntLsb: 6 });
    expect(decode({ ...mmco5, picOrderCntLsb: 12 })).toMatchObject({
      pictureOrderCount: 12,
      pictureOrderCountAfterMarking: 0,
    });
    expect(decode({ picOrderCntLsb: 2 }).pictureOrderCount).toBe(2);
  });

  it("keeps the distance from the bottom field to the top field", () => {
    const decode = decoderOf({});
    decode({ ...mmco5, picOrderCntLsb: 12, deltaPicOrderCntBottom: -9 });
    // prevPicOrderCntLsb is 9 now, so 1 is more than half of 16 below it.
    expect(decode({ picOrderCntLsb: 1 }).pictureOrderCount).toBe(17);
  });

  it("leaves no state after a bottom field", () => {
    const decode = decoderOf({});
    decode({ ...mmco5, ...bottom, picOrderCntLsb: 12 });
    expect(decode({ picOrderCntLsb: 1 }).pictureOrderCount).toBe(1);
  });

  it("sets frame_num and its offset to 0", () => {
    const decode = decoderOf({ pictureOrder: (w) => void w.ue(2) });
    decode({ frameNum: 15 });
    expect(decode({ frameNum: 3, ...mmco5 }).pictureOrderCount).toBe(2 * (16 + 3));
    expect(decode({ frameNum: 1 }).pictureOrderCount).toBe(2);
  });
});

describe("pic_order_cnt_type 1", () => {
  const pictureOrder = (w: BitWriter) => void w.ue(1).flag(false).se(-1, 1).ue(2).se(2, 6);

  it("adds up the expected deltas of the cycle", () => {
    const decode = decoderOf({ pictureOrder });
    const counts = [decode(idr), ...[1, 2, 3, 4].map((frameNum) => decode({ frameNum }))];
    expect(counts.map(({ pictureOrderCount }) => pictureOrderCount)).toEqual([0, 2, 8, 10, 16]);
  });

  it("offsets non-reference pictures, and adds the deltas of the slice", () => {
    const decode = decoderOf({ pictureOrder });
    decode(idr);
    expect(decode({ ...disposable, frameNum: 2 })).toMatchObject({ top: 1, bottom: 2 });
    expect(decode({ frameNum: 2, deltaPicOrderCnt: [-3, 5] })).toMatchObject({ top: 5, bottom: 11 });
    expect(decode({ frameNum: 3, ...bottom, deltaPicOrderCnt: [1, 0] })).toMatchObject({ bottom: 12 });
  });

  it("continues when frame_num wraps", () => {
    const decode = decoderOf({ pictureOrder });
    decode({ frameNum: 15 });
    expect(decode({ frameNum: 0 }).pictureOrderCount).toBe(8 * 8);
  });

  it("works without a cycle", () => {
    const decode = decoderOf({ pictureOrder: (w) => void w.ue(1).flag(false).se(-1, 1).ue(0) });
    expect(decode({ frameNum: 5, deltaPicOrderCnt: [40, 0] }).pictureOrderCount).toBe(40);
  });
});

describe("pic_order_cnt_type 2", () => {
  it("counts in decoding order, whatever gaps and wraps frame_num has", () => {
    const picture = fc.record({ gap: fc.integer({ min: 1, max: 15 }), isReference: fc.boolean() });
    fc.assert(
      fc.property(fc.array(picture, { maxLength: 60 }), (pictures) => {
        const decode = decoderOf({ pictureOrder: (w) => void w.ue(2) });
        let last = decode(idr).pictureOrderCount;
        let frameNum = 0;
        for (const { gap, isReference } of pictures) {
          frameNum += gap;
          const decoded = decode({ frameNum: frameNum % 16, nalRefIdc: isReference ? 1 : 0 });
          expect(decoded.pictureOrderCount).toBe(2 * frameNum - (isReference ? 0 : 1));
          expect(decoded.pictureOrderCount).toBeGreaterThan(last);
          last = decoded.pictureOrderCount;
        }
      }),
    );
  });

  it("gives both fields of a frame the same count", () => {
    const decode = decoderOf({ pictureOrder: (w) => void w.ue(2) });
    decode(idr);
    expect(decode({ ...top, frameNum: 1 }).pictureOrderCount).toBe(2);
    expect(decode({ ...bottom, frameNum: 1 }).pictureOrderCount).toBe(2);
  });
});

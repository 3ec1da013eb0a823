import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { FieldPairs } from "./field-pairs.js";
import type { PictureInHand } from "./picture-in-hand.js";

const frame = (sequence: number) => accessUnit({ sequence });
const first = (sequence: number) => accessUnit({ sequence, picture: { structure: "top-field" } });
const second = (sequence: number) =>
  accessUnit({ sequence, picture: { structure: "bottom-field", secondField: true } });
const picture = (unit: AccessUnit): PictureInHand => ({ unit, lastUnit: unit, mayShow: true });

describe("FieldPairs", () => {
  it("makes one picture of two fields, which is shown if both may be", () => {
    for (const mayShow of [true, false]) {
      const pairs = new FieldPairs<PictureInHand>();
      const top = first(0);
      const bottom = second(1);
      const inHand = picture(top);
      expect(pairs.hold(inHand)).toBe(true);
      expect(pairs.join(bottom, mayShow)).toBe(inHand);
      expect(inHand).toEqual({ unit: top, lastUnit: bottom, mayShow });
      expect(pairs.hold(inHand)).toBe(false);
      expect(pairs.count).toBe(1);
      expect(pairs.release()).toBeUndefined();
    }
  });

  it("leaves frames alone", () => {
    const pairs = new FieldPairs<PictureInHand>();
    expect(pairs.join(frame(0), true)).toBeUndefined();
    expect(pairs.hold(picture(frame(0)))).toBe(false);
    expect(pairs.release()).toBeUndefined();
  });

  it("gives back a first field whose second does not come, once", () => {
    const pairs = new FieldPairs<PictureInHand>();
    const inHand = picture(first(0));
    pairs.hold(inHand);
    expect(pairs.join(first(1), true)).toBeUndefined();
    expect(pairs.release()).toBe(inHand);
    expect(pairs.release()).toBeUndefined();
    expect(pairs.join(second(2), true)).toBeUndefined();
    expect(pairs.count).toBe(0);
  });

  it("knows nothing of the fields of the sender before", () => {
    const pairs = new FieldPairs<PictureInHand>();
    pairs.hold(picture(first(0)));
    pairs.join(second(1), true);
    pairs.hold(picture(first(2)));
    pairs.restart();
    expect(pairs.count).toBe(0);
    expect(pairs.join(second(3), true)).toBeUndefined();
  });
});

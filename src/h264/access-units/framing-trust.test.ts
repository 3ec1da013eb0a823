import { describe, expect, it } from "vitest";
import type { Framing } from "../../core/chunk.js";
import { IssueCounter } from "../../core/issues.js";
import { microseconds } from "../../core/time.js";
import { FramingTrust } from "./framing-trust.js";

function makeTrust() {
  const issues = new IssueCounter();
  const trust = new FramingTrust(issues);
  const confirm = (times: number) => {
    for (let time = 0; time < times; time++) trust.confirm();
  };
  return { issues, trust, confirm };
}

const chunk = (framing: Framing, length: number) => ({
  data: new Uint8Array(length),
  receivedAt: microseconds(0),
  framing,
});

describe("FramingTrust", () => {
  it("trusts framing after three confirmed ends in a row", () => {
    const { trust, confirm } = makeTrust();
    confirm(2);
    expect(trust.isTrusted).toBe(false);
    trust.violate();
    confirm(2);
    expect(trust.isTrusted).toBe(false);
    confirm(1);
    expect(trust.isTrusted).toBe(true);
  });

  it("wants four times as many after each violation of its trust, and counts those only", () => {
    const { issues, trust, confirm } = makeTrust();
    trust.violate();
    expect(issues.count("framing-violated")).toBe(0);
    for (const needed of [3, 12, 48, 192]) {
      confirm(needed - 1);
      expect(trust.isTrusted).toBe(false);
      confirm(1);
      expect(trust.isTrusted).toBe(true);
      trust.violate();
      expect(trust.isTrusted).toBe(false);
    }
    expect(issues.count("framing-violated")).toBe(4);
  });

  it("can be earned again after any number of violations", () => {
    const { trust, confirm } = makeTrust();
    for (let violation = 0; violation < 20; violation++) {
      confirm(10_000);
      expect(trust.isTrusted).toBe(true);
      trust.violate();
    }
  });

  it("takes the end of each message for the end of a picture, and of no unframed chunk", () => {
    const { trust } = makeTrust();
    expect(trust.endsPicture(chunk("message", 5))).toBe(true);
    expect(trust.endsPicture(chunk("none", 5))).toBe(false);
  });

  it("takes a datagram for the last one of a picture if it is shorter than the largest", () => {
    const { trust } = makeTrust();
    const lengths = [700, 1400, 1400, 900, 1400, 1399];
    expect(lengths.map((length) => trust.endsPicture(chunk("datagram", length)))).toEqual([
      false,
      false,
      false,
      true,
      false,
      true,
    ]);
  });
});

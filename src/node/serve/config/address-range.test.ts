import { expect, it } from "vitest";
import { addressRange } from "./address-range.js";

it("an address or a range is read, and nothing else", () => {
  expect(addressRange("10.0.0.0/8")).toEqual({ address: "10.0.0.0", bits: 8 });
  expect(addressRange("::1")).toEqual({ address: "::1", bits: 128 });
  for (const text of ["", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0/8"])
    expect(addressRange(text), text).toBeUndefined();
});

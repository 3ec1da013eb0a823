import { expect, it } from "vitest";
import { originRule } from "./origin-rule.js";

it("lets in pages of the allowed origins and no others", () => {
  const mayUse = originRule(["https://a.example", "http://10.0.0.2:3000"]);
  for (const origin of ["https://a.example", "http://10.0.0.2:3000"]) expect(mayUse(origin)).toBe(true);
  for (const origin of ["http://a.example", "https://b.a.example", "http://10.0.0.2", "null", "file://"])
    expect(mayUse(origin), origin).toBe(false);
  expect(originRule(["*"])("https://b.example")).toBe(true);
});

it("takes null and file:// for the same: browsers send either for a page from a file", () => {
  for (const allowed of ["null", "file://"]) {
    for (const sent of ["null", "file://"]) expect(originRule([allowed])(sent)).toBe(true);
    expect(originRule([allowed])("https://a.example")).toBe(false);
  }
});

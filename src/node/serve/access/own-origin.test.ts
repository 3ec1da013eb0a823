import { describe, expect, it } from "vitest";
import { isOwnOrigin } from "./own-origin.js";

describe("a page is the server's own", () => {
  it("if its origin is what the request calls the server", () => {
    expect(isOwnOrigin("http://cams.example:8264", "cams.example:8264", 8264)).toBe(true);
    expect(isOwnOrigin("http://[::1]:8264", "[::1]:8264", 8264)).toBe(true);
    expect(isOwnOrigin("https://cams.example", "CAMS.example", 8264)).toBe(true);
    for (const host of ["cams.example:8265", "evil.example:8264", "cams.example.evil:8264", "", "a b"])
      expect(isOwnOrigin("http://cams.example:8264", host, 8264), host).toBe(false);
  });

  it("also where a proxy states the usual port, or leaves out the port", () => {
    expect(isOwnOrigin("https://cams.example", "cams.example:443", 8264)).toBe(true);
    expect(isOwnOrigin("http://cams.example", "cams.example:80", 8264)).toBe(true);
    expect(isOwnOrigin("https://cams.example", "cams.example:80", 8264)).toBe(false);
    expect(isOwnOrigin("http://cams.example:8080", "cams.example", 8264)).toBe(true);
    expect(isOwnOrigin("http://[2001:db8::1]:8080", "[2001:db8::1]", 8264)).toBe(true);
    expect(isOwnOrigin("http://evil.example:8080", "cams.example", 8264)).toBe(false);
  });

  it("but not on another port of the same name where no proxy can have left the port out", () => {
    for (const port of [80, 443])
      expect(isOwnOrigin("http://cams.example:8080", "cams.example", port)).toBe(false);
  });

  it("never if it has no origin of its own", () => {
    for (const origin of ["null", "file://", ""])
      expect(isOwnOrigin(origin, "cams.example", 8264)).toBe(false);
  });
});

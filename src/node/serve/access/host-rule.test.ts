import { describe, expect, it } from "vitest";
import { hostRule } from "./host-rule.js";

const own = [
  undefined,
  "127.0.0.1:8264",
  "localhost",
  "LocalHost:8264",
  "cam.localhost:8264",
  "[::1]:8264",
  "192.168.1.5:80",
];

describe("names of a server", () => {
  it("on loopback are IP addresses, localhost and those allowed, and no other", () => {
    for (const boundTo of ["127.0.0.1", "127.0.0.5", "::1", "localhost"]) {
      const mayBe = hostRule(boundTo, ["cam.example"]);
      for (const header of [...own, "cam.example", "CAM.example:443", "cam.example.:8264"])
        expect(mayBe(header), header).toBe(true);
      for (const header of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "a b"])
        expect(mayBe(header), header).toBe(false);
    }
  });

  it("on the network are any, unless some are given", () => {
    expect(hostRule("0.0.0.0", [])("camera-pc.lan:8264")).toBe(true);
    const mayBe = hostRule("0.0.0.0", ["camera-pc.lan"]);
    expect(["camera-pc.lan:8264", "192.168.1.5", "evil.example"].map(mayBe)).toEqual([true, true, false]);
  });

  it("are any where * is allowed", () => {
    expect(hostRule("127.0.0.1", ["*"])("cam.example")).toBe(true);
  });
});

import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { TrustedProxies } from "./trusted-proxies.js";

const request = (remoteAddress: string, headers: Record<string, string>) =>
  ({ socket: { remoteAddress, remotePort: 5000 }, headers }) as unknown as IncomingMessage;

describe("proxies", () => {
  const proxies = new TrustedProxies(["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"]);
  const headers = {
    "x-forwarded-for": "203.0.113.9, 198.51.100.7, 10.1.2.3",
    "x-forwarded-host": "cams.example",
  };

  it("that are trusted say who the client is and what it called them", () => {
    for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "10.255.0.1", "::1", "fd12::5"]) {
      expect(proxies.clientOf(request(address, headers)), address).toBe("198.51.100.7");
      expect(proxies.hostOf(request(address, headers)), address).toBe("cams.example");
    }
  });

  it("that are not trusted are taken for the client, whatever they claim", () => {
    for (const address of ["192.168.1.5", "11.0.0.1", "fe80::1"]) {
      expect(proxies.clientOf(request(address, headers))).toContain(address);
      expect(proxies.hostOf(request(address, headers))).toBeUndefined();
    }
  });

  it("may state the client's port, or nothing that makes sense", () => {
    const named = (value: string) => proxies.clientOf(request("127.0.0.1", { "x-forwarded-for": value }));
    expect(named("203.0.113.9:4711")).toBe("203.0.113.9");
    expect(named("[2001:db8::1]:4711")).toBe("2001:db8::1");
    expect(named("10.0.0.7")).toBe("10.0.0.7");
    for (const nonsense of ["", " , ", "unknown", "<script>"]) expect(named(nonsense)).toBe("127.0.0.1:5000");
  });
});

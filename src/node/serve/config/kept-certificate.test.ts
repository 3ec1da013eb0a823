import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { describe, expect, it } from "vitest";
import { keptCertificate } from "./kept-certificate.js";

const folder = () => join(mkdtempSync(join(tmpdir(), "nalive-certificate-")), "nalive");
const days = (count: number) => new Date(Date.now() + count * 86_400_000);
const own = ["localhost", "127.0.0.1"];

describe("the self-signed certificate", () => {
  it("is the same at each start, and only its user reads its key", () => {
    const place = folder();
    const first = keptCertificate(own, [], place);
    const second = keptCertificate(own, [], place);
    expect([first.origin, second.origin]).toEqual(["made", "kept"]);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(() => createSecureContext({ cert: second.cert, key: second.key })).not.toThrow();
    expect(statSync(second.path).mode & 0o777).toBe(0o600);
  });

  it("is made again in the month before it expires", () => {
    const place = folder();
    const first = keptCertificate(own, [], place);
    expect(keptCertificate(own, [], place, days(360)).fingerprint).toBe(first.fingerprint);
    expect(keptCertificate(own, [], place, days(370)).origin).toBe("made");
  });

  it("is made again for a new name, and then has the old ones as well", () => {
    const place = folder();
    keptCertificate([...own, "192.168.1.5"], ["2001:db8::1"], place);
    const moved = keptCertificate([...own, "10.0.0.7", "cams.lan"], [], place);
    expect(moved.origin).toBe("made");
    const x509 = new X509Certificate(moved.cert);
    for (const address of ["127.0.0.1", "192.168.1.5", "10.0.0.7", "2001:db8::1"])
      expect(x509.checkIP(address), address).toBeDefined();
    expect(x509.checkHost("cams.lan")).toBeDefined();
    expect(keptCertificate([...own, "192.168.1.5"], [], place).fingerprint).toBe(moved.fingerprint);
  });

  it("is made again if its file is damaged", () => {
    const place = folder();
    const { path, fingerprint } = keptCertificate(own, [], place);
    writeFileSync(path, readFileSync(path, "utf8").slice(0, 300));
    const again = keptCertificate(own, [], place);
    expect([again.origin, again.fingerprint === fingerprint]).toEqual(["made", false]);
  });

  it("serves also where it cannot be saved", () => {
    const place = folder();
    const file = keptCertificate(own, [], place).path;
    expect(keptCertificate(own, [], join(file, "below-a-file")).origin).toBe("unsaved");
  });
});

import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Certificate, selfSignedCertificate } from "./self-signed.js";

const day = 86_400_000;
/** A certificate that is valid for fewer days than this is replaced. */
const leastDays = 30;
/** The most names in a certificate. */
const mostHosts = 64;

/** A certificate, and what happened to its file. */
export interface KeptCertificate extends Certificate {
  /** `kept`: it is the one of an earlier start. `unsaved`: its file cannot be written. */
  readonly origin: "kept" | "made" | "unsaved";
  /** Path of its file. */
  readonly path: string;
}

/**
 * The self-signed certificate of this machine's user. A browser remembers which one a person has
 * accepted, so each start uses the same one, until it expires soon or lacks a name.
 *
 * @param hosts names and addresses that it must have
 * @param more those that it gets as well when it is made
 */
export function keptCertificate(
  hosts: readonly string[],
  more: readonly string[],
  folder = stateFolder(),
  now = new Date(),
): KeptCertificate {
  const path = join(folder, "self-signed.pem");
  const known = readKept(path);
  if (known && isUsable(known.x509, hosts, now)) {
    const { cert, key, x509 } = known;
    return { cert, key, fingerprint: x509.fingerprint256, origin: "kept", path };
  }
  // A laptop that moves between two networks has one certificate for both.
  const all = [...new Set([...hosts, ...more, ...(known ? hostsOf(known.x509) : [])])].slice(0, mostHosts);
  const made = selfSignedCertificate(all, now);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, made.key + made.cert, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return { ...made, origin: "made", path };
  } catch {
    return { ...made, origin: "unsaved", path };
  }
}

/** The folder for what this user's programs keep between starts (XDG Base Directory). */
function stateFolder(): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env;
  const state = XDG_STATE_HOME || (process.platform === "win32" && LOCALAPPDATA);
  return join(state || join(homedir(), ".local", "state"), "nalive");
}

/** Undefined if there is no file, or it is no certificate with its key. */
function readKept(path: string): { cert: string; key: string; x509: X509Certificate } | undefined {
  try {
    const text = readFileSync(path, "utf8");
    const at = text.indexOf("-----BEGIN CERTIFICATE-----");
    const [key, cert] = [text.slice(0, at), text.slice(at)];
    return key.includes("PRIVATE KEY") ? { cert, key, x509: new X509Certificate(cert) } : undefined;
  } catch {
    return undefined;
  }
}

function isUsable(x509: X509Certificate, hosts: readonly string[], now: Date): boolean {
  const daysLeft = (Date.parse(x509.validTo) - now.getTime()) / day;
  const isValid = daysLeft > leastDays && Date.parse(x509.validFrom) <= now.getTime();
  return isValid && hosts.every((host) => x509.checkHost(host) ?? x509.checkIP(host));
}

/** Names and addresses in the certificate. */
function hostsOf({ subjectAltName }: X509Certificate): string[] {
  return [...(subjectAltName ?? "").matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, host]) => host!);
}

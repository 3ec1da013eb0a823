import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { networkInterfaces } from "node:os";

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 fingerprint, as browsers show it. */
  readonly fingerprint: string;
}

const day = 86_400_000;
/** Browsers refuse certificates that are valid for longer. */
const validDays = 397;

const oid = {
  commonName: [0x55, 4, 3],
  ecPublicKeyWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
} as const;

/**
 * Makes a self-signed certificate (X.509, RFC 5280) for this machine's names and addresses. Once a
 * person accepts it in the browser, the page has https, which WebCodecs needs.
 */
export function selfSignedCertificate(hosts: readonly string[], now = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(der(0x06, oid.ecPublicKeyWithSha256));
  const name = sequence(der(0x31, sequence(der(0x06, oid.commonName), der(0x0c, Buffer.from("nalive")))));
  const from = new Date(now.getTime() - day);
  const until = new Date(now.getTime() + validDays * day);
  const extension = (id: readonly number[], value: Buffer) => sequence(der(0x06, id), der(0x04, value));
  const content = sequence(
    der(0xa0, der(0x02, [2])), // version 3
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])), // serialNumber
    algorithm,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      sequence(
        extension(oid.subjectAltName, sequence(...hosts.map(generalName))),
        extension(oid.basicConstraints, sequence()),
      ),
    ),
  );
  const signature = sign("sha256", content, privateKey);
  const certificate = sequence(content, algorithm, der(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = certificate.toString("base64").match(/.{1,64}/g)!;
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    fingerprint: createHash("sha256").update(certificate).digest("hex").toUpperCase().match(/../g)!.join(":"),
  };
}

/** Names and addresses of this machine, as far as it knows them. */
export function ownHosts(host: string): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(
    (each) => each?.map(({ address }) => address) ?? [],
  );
  const isEverywhere = host === "0.0.0.0" || host === "::";
  return [...new Set(["localhost", "127.0.0.1", "::1", ...(isEverywhere ? addresses : [host])])].filter(
    (each) => !each.includes("%"),
  );
}

/** Encodes tag, length and content (X.690). */
function der(tag: number, content: Uint8Array | readonly number[]): Buffer {
  const bytes = Buffer.from(content);
  const { length } = bytes;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** UTCTime, which ends in 2049. */
function time(at: Date): Buffer {
  return der(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`));
}

/** dNSName or iPAddress. */
function generalName(host: string): Buffer {
  const address = addressBytes(host);
  return address ? der(0x87, address) : der(0x82, Buffer.from(host));
}

function addressBytes(host: string): Buffer | undefined {
  if (/^\d+(\.\d+){3}$/.test(host)) return Buffer.from(host.split(".").map(Number));
  if (!host.includes(":")) return undefined;
  const [head = "", tail] = host.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const left = groups(head);
  const right = groups(tail ?? "");
  const all = [...left, ...Array(8 - left.length - right.length).fill("0"), ...right];
  return Buffer.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

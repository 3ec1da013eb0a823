import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { NaliveError } from "../../../core/errors.js";
import { ownHosts, selfSignedCertificate } from "./self-signed.js";
import type { ServeConfig } from "./serve-config.js";
import { unreadableFile } from "./unreadable-file.js";

/** What identifies a server to its clients. */
export interface TlsCredentials {
  /** PEM. */
  readonly cert: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
  /** SHA-256 fingerprint of a self-signed certificate, as browsers show it. */
  readonly fingerprint?: string;
}

/**
 * Reads the configured certificate and key, or makes them.
 * @returns undefined without TLS
 * @throws NaliveError `NALIVE_NO_SUCH_FILE`, or `NALIVE_INVALID_CONFIG` for unusable files
 */
export function tlsCredentials({ tls, host }: Pick<ServeConfig, "tls" | "host">): TlsCredentials | undefined {
  if (tls === undefined) return undefined;
  if (tls === "self-signed") return selfSignedCertificate(ownHosts(host));
  const credentials = { cert: read(tls.cert), key: read(tls.key) };
  try {
    createSecureContext(credentials);
  } catch (cause) {
    throw new NaliveError(
      "NALIVE_INVALID_CONFIG",
      `tls: Cannot use ${tls.cert} and ${tls.key}, expected a certificate and its key as PEM without a passphrase: ${(cause as Error).message}`,
      { cause },
    );
  }
  return credentials;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unreadableFile(path, cause);
  }
}

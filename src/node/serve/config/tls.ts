import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { NaliveError } from "../../../core/errors.js";
import { ownHosts, selfSignedCertificate } from "./self-signed.js";
import type { ServeConfig } from "./serve-config.js";

/** What a server shows who it is with. */
export interface TlsCredentials {
  /** PEM. */
  readonly cert: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
  /** SHA-256 of a certificate that was made for this server alone, as browsers show it. */
  readonly fingerprint?: string;
}

/**
 * Reads the certificate and the key of the configuration, or makes them; undefined without TLS.
 * @throws NaliveError `NALIVE_NO_SUCH_FILE`, or `NALIVE_INVALID_CONFIG` for files that cannot be used
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
      `tls: expected a certificate and its key, PEM, without a passphrase; ${tls.cert} and ${tls.key} are not: ${(cause as Error).message}`,
      { cause },
    );
  }
  return credentials;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new NaliveError("NALIVE_NO_SUCH_FILE", `cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

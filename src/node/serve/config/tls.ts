import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { createSecureContext } from "node:tls";
import { NaliveError } from "../../../core/errors.js";
import { type KeptCertificate, keptCertificate } from "./kept-certificate.js";
import { ownHosts } from "./self-signed.js";
import type { ServeConfig } from "./serve-config.js";
import { unreadableFile } from "./unreadable-file.js";

/** What identifies a server to its clients. */
export interface TlsCredentials {
  /** PEM. */
  readonly cert: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
  /** The self-signed certificate, if it is one that the server made. */
  readonly own?: KeptCertificate;
}

/**
 * Reads the configured certificate and key, or uses those that the server made, at first use.
 * @returns undefined without TLS
 * @throws NaliveError `NALIVE_NO_SUCH_FILE`, or `NALIVE_INVALID_CONFIG` for unusable files
 */
export function tlsCredentials({ tls, host }: Pick<ServeConfig, "tls" | "host">): TlsCredentials | undefined {
  if (tls === undefined) return undefined;
  if (tls === "self-signed") {
    // Many systems change their IPv6 addresses each day: that is no reason for another certificate.
    const all = ownHosts(host);
    const own = keptCertificate(
      all.filter((each) => each === host || !isIPv6(each)),
      all,
    );
    return { cert: own.cert, key: own.key, own };
  }
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

import { type ErrorCode, TransportError } from "../../../core/errors.js";

/**
 * The code of an error of the operating system, such as `ECONNREFUSED`. Undefined for other errors.
 */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/**
 * The error of a connection that could not be made.
 *
 * @param to the address, such as `camera:5000`
 * @param host its host name, for the message that it is unknown
 */
export function connectError(error: unknown, to: string, host: string): TransportError {
  const fail = (code: ErrorCode, message: string) => new TransportError(code, message, { cause: error });
  switch (systemCode(error)) {
    case "ENOTFOUND":
      return fail(
        "NALIVE_HOST_NOT_FOUND",
        `Unknown host "${host}": check the spelling, or use its IP address`,
      );
    case "EAI_AGAIN":
      return fail("NALIVE_HOST_NOT_FOUND", `Cannot look up "${host}": the name server does not answer`);
    case "ECONNREFUSED":
      return fail("NALIVE_CONNECT_FAILED", `Nothing listens on ${to} (connection refused)`);
    case "ENOENT":
      return fail("NALIVE_CONNECT_FAILED", `There is no socket at ${to}: start its owner first`);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return fail("NALIVE_CONNECT_FAILED", `The network has no route to ${to}`);
    case "ETIMEDOUT":
      return fail("NALIVE_CONNECT_FAILED", `Connecting to ${to} timed out`);
    case "EACCES":
    case "EPERM":
      return fail("NALIVE_PERMISSION_DENIED", `Connecting to ${to} is not permitted`);
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return fail(
        "NALIVE_CONNECT_FAILED",
        `The certificate of ${host} is not trusted (${messageOf(error)}): if it is yours, start this program with ` +
          "NODE_EXTRA_CA_CERTS=FILE, the certificate as PEM",
      );
    default:
      return fail("NALIVE_CONNECT_FAILED", `Cannot connect to ${to}: ${messageOf(error)}`);
  }
}

/**
 * The error of an address that nalive cannot listen on.
 *
 * @param port undefined for a Unix socket
 * @param protocol for the advice on how to find the program that holds the port
 */
export function listenError(
  error: unknown,
  address: string,
  port: number | undefined,
  protocol: "tcp" | "udp",
): TransportError {
  const fail = (code: ErrorCode, message: string) => new TransportError(code, message, { cause: error });
  const place = port === undefined ? address : `port ${port}`;
  switch (systemCode(error)) {
    case "EADDRINUSE":
      return fail(
        "NALIVE_PORT_IN_USE",
        port === undefined
          ? `${address} is in use: another program listens there, or it is a file. End the program, or choose another path`
          : `Port ${port} is in use on ${address}: choose another, or end the program that holds it` +
              ` (\`ss -lnp${protocol === "tcp" ? "t" : "u"} sport = :${port}\` names it)`,
      );
    case "EACCES":
    case "EPERM":
      return fail(
        "NALIVE_PERMISSION_DENIED",
        port !== undefined && port < 1024
          ? `Listening on port ${port} is not permitted: ports below 1024 are for root. Choose a higher one`
          : `Listening on ${place} is not permitted`,
      );
    case "EADDRNOTAVAIL":
      return fail(
        "NALIVE_LISTEN_FAILED",
        `${address} is not an address of this machine: listen on 0.0.0.0 for all of its addresses`,
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return fail("NALIVE_HOST_NOT_FOUND", `Cannot listen on "${address}": unknown host`);
    case "ENOENT":
      return fail("NALIVE_NO_SUCH_FILE", `Cannot listen on ${address}: its folder does not exist`);
    default:
      return fail("NALIVE_LISTEN_FAILED", `Cannot listen on ${place}: ${messageOf(error)}`);
  }
}

/** The error of an established connection that broke. */
export function lostError(error: unknown, peer: string): TransportError {
  const why =
    systemCode(error) === "ECONNRESET"
      ? "the peer reset it"
      : systemCode(error) === "ETIMEDOUT"
        ? "the peer no longer answers"
        : messageOf(error);
  return new TransportError("NALIVE_CONNECTION_LOST", `The connection to ${peer} broke: ${why}`, {
    cause: error,
  });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || systemCode(error) || error.name;
  return String(error);
}

/** The error of a WebSocket that the peer has closed. Undefined when it closed in order. */
export function closeError(code: number, reason: Uint8Array, from: string): TransportError | undefined {
  if (code === 1000 || code === 1001 || code === 1005) return undefined;
  // There was no close frame, as when a program is killed.
  if (code === 1006) return lostError(new Error("it ended without a closing handshake"), from);
  const said = reason.length > 0 ? `, ${printable(Buffer.from(reason).toString())}` : "";
  return lostError(new Error(`the peer closed it with code ${code}${said}`), from);
}

/** Text from a stranger, safe to print on a terminal. */
export function printable(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, "?");
}

import { isIP } from "node:net";

/** Whether a request may name the server as its `Host` header does; undefined where it names none, as no browser does. */
export type HostRule = (header: string | undefined) => boolean;

/**
 * Against pages whose own name is made to point at this server (DNS rebinding), which would be of the server's origin. An IP address or
 * localhost cannot be made to. A server on loopback takes no other name than those that are allowed; one on the network does not know how it is
 * called there, and takes every name unless some are given.
 *
 * @param boundTo address that the server listens on
 * @param allowedHosts further names, without port; `*` is all
 */
export function hostRule(boundTo: string, allowedHosts: readonly string[]): HostRule {
  const takesAll = allowedHosts.includes("*") || (allowedHosts.length === 0 && !isLoopback(boundTo));
  const names = new Set([boundTo, ...allowedHosts].map((name) => name.toLowerCase()));
  return (header) => {
    if (takesAll || header === undefined) return true;
    const name = nameOf(header);
    return name !== undefined && (isIP(name) > 0 || isLocalhost(name) || names.has(name));
  };
}

/** Without port, brackets and the dot at the end. */
function nameOf(header: string): string | undefined {
  try {
    return new URL(`http://${header}`).hostname.replace(/^\[|\]$|\.$/g, "");
  } catch {
    return undefined;
  }
}

/** The names that browsers look up nowhere (RFC 6761, 6.3). */
const isLocalhost = (name: string) => name === "localhost" || name.endsWith(".localhost");

/** True for an address to listen on that is for this machine alone. */
export function isLoopback(address: string): boolean {
  return isLocalhost(address) || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

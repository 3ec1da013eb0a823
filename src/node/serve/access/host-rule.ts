import { isIP } from "node:net";

/**
 * True if a request may call the server by the name in its `Host` header. A request without the
 * header may come in, because every browser sends one.
 */
export type HostRule = (header: string | undefined) => boolean;

/**
 * The rule against DNS rebinding: a page that lets its own name point at this server would share
 * the server's origin. Nobody can redirect an IP address or localhost. A server on loopback answers
 * to no other names than the allowed ones. A server on the network cannot know its names there, and
 * answers to every name unless some are given.
 *
 * @param boundTo the address that the server listens on
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

/** The name without port, brackets and the dot at its end. */
function nameOf(header: string): string | undefined {
  try {
    return new URL(`http://${header}`).hostname.replace(/^\[|\]$|\.$/g, "");
  } catch {
    return undefined;
  }
}

/** Names that browsers never look up (RFC 6761, 6.3). */
const isLocalhost = (name: string) => name === "localhost" || name.endsWith(".localhost");

/** True for a listening address that only this machine reaches. */
export function isLoopback(address: string): boolean {
  return isLocalhost(address) || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

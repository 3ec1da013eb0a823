/** How long the question why a server does not answer may take, ms. */
const patienceMs = 3000;
/** Origins to which the page's Content-Security-Policy has refused a connection. */
const refused = new Set<string>();

// The only way to learn it: what the connection itself reports is a server that cannot be reached.
globalThis.addEventListener?.("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
  if (effectiveDirective === "connect-src") refused.add(new URL(blockedURI).origin);
});

/** True if the page's policy has refused a connection to the server of this address. */
export const isRefused = (url: string): boolean => refused.has(new URL(url).origin);

/** Says what the page's policy lacks for a connection. */
export function refusal(url: string): string {
  const { origin } = new URL(url);
  return `the page's Content-Security-Policy forbids the connection: add ${origin} to its connect-src`;
}

/**
 * Says why a server does not answer. To a page, a server that refuses its WebSocket looks like one
 * that does not exist. So this sends a request with the page's origin that changes nothing: its
 * answer has the reason, if the page may read it.
 *
 * @param url of a WebSocket or of a request that failed
 */
export async function whyUnreachable(url: string): Promise<string> {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^ws/, "http");
  const signal = AbortSignal.timeout(patienceMs);
  const response = await fetch(address, { method: "POST", signal }).catch(() => undefined);
  if (!response) {
    const page = self.origin;
    if (page.endsWith(`://${address.host}`)) return "the server cannot be reached";
    return `the server cannot be reached, or lets in no pages of ${page} (its allowedOrigins)`;
  }
  const { code, message } = await response.json().catch(() => ({}));
  if (code === "NALIVE_NOT_ALLOWED" || code === "NALIVE_HOST_NOT_ALLOWED") return message;
  if (code === undefined) return `a proxy answers for the server, with ${response.status}`;
  return "the server answers, but no WebSocket reaches it: a proxy must pass on Upgrade and Connection";
}

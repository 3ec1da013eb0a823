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
 * Says why a server may not answer. To a page that the server refuses, it looks like a server that
 * does not exist.
 */
export function unreachable(url: string): string {
  const { host } = new URL(url);
  const page = self.origin;
  if (page.endsWith(`://${host}`)) return "the server cannot be reached";
  return `the server cannot be reached, or lets in no pages of ${page} (its allowedOrigins)`;
}

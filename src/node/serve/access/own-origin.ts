/** Ports that browsers leave out of `Host`. */
const usualPorts: readonly (number | undefined)[] = [80, 443];

/**
 * True if a page of this origin came from the server that the request calls `host`.
 *
 * A browser states in `Host` every port but the usual one of its scheme. If the port is missing and
 * the server listens on neither 80 nor 443, a proxy has left it out, and only the names can be
 * compared.
 *
 * @param origin as the browser sends it
 * @param host name, and port unless it is the scheme's usual one
 * @param localPort the port on which the request arrived
 */
export function isOwnOrigin(origin: string, host: string, localPort: number | undefined): boolean {
  const page = urlOf(origin);
  const called = page && urlOf(`${page.protocol}//${host}`);
  if (!page || !called) return false;
  const lacksPort = !/:\d+$/.test(host) && !usualPorts.includes(localPort);
  return lacksPort ? page.hostname === called.hostname : page.host === called.host;
}

/** The host name of an origin; undefined for `null` and the like. */
export function hostNameOf(origin: string): string | undefined {
  return urlOf(origin)?.hostname.replace(/^\[|\]$|\.$/g, "");
}

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/**
 * Why a server may not answer. A browser does not say which: a page that is not let in sees the
 * same as where there is no server.
 */
export function unreachable(url: string): string {
  if (new URL(url).host === new URL(location.origin).host) return "the server cannot be reached";
  return `the server cannot be reached, or lets in no pages of ${location.origin} (its allowedOrigins)`;
}

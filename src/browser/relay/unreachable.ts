/**
 * Says why a server may not answer. To a page that the server refuses, it looks like a server that
 * does not exist.
 */
export function unreachable(url: string): string {
  if (new URL(url).host === new URL(location.origin).host) return "the server cannot be reached";
  return `the server cannot be reached, or lets in no pages of ${location.origin} (its allowedOrigins)`;
}

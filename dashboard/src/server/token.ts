const key = "nalive-token";

/**
 * The viewing token, if the page has one. This tab keeps it. The address does not, because people
 * copy addresses and browsers remember them.
 */
export function token(): string | undefined {
  return sessionStorage.getItem(key) ?? undefined;
}

/** Remembers a token. */
export function setToken(given: string): void {
  sessionStorage.setItem(key, given);
}

/** Moves a token from the page's address into this tab. */
export function takeTokenFromAddress(): void {
  const url = new URL(location.href);
  const given = url.searchParams.get("token");
  if (given === null) return;
  setToken(given);
  url.searchParams.delete("token");
  history.replaceState(null, "", url);
}

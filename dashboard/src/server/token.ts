const key = "nalive-token";

/** The token for viewing, if one was given. Kept for this tab, and not in the address, which people copy and browsers remember. */
export function token(): string | undefined {
  return sessionStorage.getItem(key) ?? undefined;
}

/** Remembers a token. */
export function setToken(given: string): void {
  sessionStorage.setItem(key, given);
}

/** Takes the token out of the page's address, if there is one. */
export function takeTokenFromAddress(): void {
  const url = new URL(location.href);
  const given = url.searchParams.get("token");
  if (given === null) return;
  setToken(given);
  url.searchParams.delete("token");
  history.replaceState(null, "", url);
}

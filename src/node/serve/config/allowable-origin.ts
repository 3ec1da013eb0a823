/** True for what a browser can send as an origin, and for `*`. Anything else matches no page. */
export function isAllowableOrigin(text: string): boolean {
  if (["*", "null", "file://"].includes(text)) return true;
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/\sA-Z*]+$/.test(text)) return false;
  if (!/^https?:/.test(text)) return true;
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}

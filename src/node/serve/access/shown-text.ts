/** A token whose address was misspelt, as in `/watch/cam&token=SECRET`. */
const token = /(tok\w*|secret|key|bearer|authorization)(=|:|%3[ad]|%20)[^&]*/gi;

/**
 * Part of an address or a name from a stranger, as messages and logs show it: short, and without
 * the query or anything else that may be a token.
 */
export function shownText(text: string, longest = 64): string {
  return text
    .replace(/[?#].*/s, "")
    .replace(token, "$1$2***")
    .slice(0, longest);
}

/** The rule for the name of a stream, in words. */
export const streamNameRule =
  "1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit";

/** True for a name that is safe in a URL, a file name and a metric. */
export function isStreamName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);
}

/** Protocols whose addresses name a host. */
const hostSchemes = [
  "tcp",
  "udp",
  "ws",
  "wss",
  "rtsp",
  "rtsps",
  "rtmp",
  "rtmps",
  "srt",
  "rist",
  "http",
  "https",
];
/** Kinds of address without one. */
const otherSchemes = ["file", "unix", "exec", "test"];
/** What other programs call standard input and output. */
const standardStreams = ["stdin", "stdout", "pipe"];

const hostAndPort = /^(\[[\da-f:.]+\]|[\w.-]+):[1-9]\d{0,4}(\/?\?.*)?$/i;

/** How wrong a word may be: a letter in short words, two in longer ones. */
const mistakesIn = (word: string) => (word.length < 5 ? 1 : 2);

/** The one of `known` that `word` was probably meant to be; undefined if none is near. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, mistakes: mistakesBetween(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.mistakes - b.mistakes);
  const [best] = ranked;
  return best && best.mistakes <= mistakesIn(word) ? best.candidate : undefined;
}

/**
 * The address that `text` was probably meant to be: another spelling of the protocol, other slashes
 * after it, or `host:port` without one. Undefined if it resembles no address. It may still lack
 * something, such as a port.
 */
export function addressMeant(text: string): string | undefined {
  if (text.toLowerCase() === "test") return "test:";
  const [, written = "", colon = "", slashes = "", rest = ""] =
    /^([a-z]+\d?)([:;]?)([/\\]*)(.*)$/is.exec(text) ?? [];
  const word = written.toLowerCase();
  const scheme = nearestWord(word, [...hostSchemes, ...otherSchemes]);
  if (hostAndPort.test(text) && scheme !== word) return `tcp://${text}`;
  if (colon !== "" && standardStreams.includes(word)) return "-";
  if (scheme === undefined || (rest === "" && scheme !== "test")) return undefined;
  const namesHost = hostSchemes.includes(scheme);
  // A path may have two slashes within, too.
  if (colon === "" && !(namesHost && slashes.length >= 2)) return undefined;
  const isOnlyPort = /^\d+$/.test(rest);
  const meant = namesHost ? `${scheme}://${isOnlyPort ? ":" : ""}${rest}` : `${scheme}:${slashes}${rest}`;
  return meant === text ? undefined : meant;
}

/** A sentence that asks whether `meant` was meant, to go after a sentence; empty without it. */
export function didYouMean(meant: string | undefined): string {
  return meant === undefined ? "" : `. Did you mean ${meant}?`;
}

/**
 * Letters to insert, remove, change or swap with a neighbour to get from one word to the other
 * (optimal string alignment).
 */
function mistakesBetween(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[line - 1] === to[column - 1];
      const isSwap = from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1];
      const replaced = row[column - 1]! + (isSame ? 0 : 1);
      const swapped = isSwap ? before[column - 2]! + 1 : replaced;
      next.push(Math.min(row[column]! + 1, next[column - 1]! + 1, replaced, swapped));
    }
    [before, row] = [row, next];
  }
  return row[to.length]!;
}

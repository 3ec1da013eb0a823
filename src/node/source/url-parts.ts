import { NaliveError } from "../../core/errors.js";
import { didYouMean, nearestWord } from "./did-you-mean.js";

/** The error of an address that nalive does not understand. Removes passwords from the message. */
export function invalidUrl(message: string): NaliveError {
  return new NaliveError("NALIVE_INVALID_SOURCE", withoutSecrets(message));
}

/** Host and port of an address. */
export interface HostPort {
  /** Undefined when absent or `*`: every address. */
  readonly host: string | undefined;
  readonly port: number;
}

/** The parts of an address. */
export interface UrlParts {
  /** Between `//` and the path, without `user:password@`. */
  readonly authority: string;
  readonly path: string;
  readonly query: Query;
}

/** Splits `scheme://authority/path?query`. The caller looks at the scheme. */
export function splitUrl(url: string): UrlParts {
  const match = /^[^:]*:(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(url);
  return {
    authority: (match?.[1] ?? "").replace(/^.*@/, ""),
    path: match?.[2] ?? "",
    query: new Query(match?.[3] ?? "", url),
  };
}

/**
 * Parses `host:port`, `[IPv6]:port`, `:port` or `*:port`.
 *
 * @param example a correct address of this scheme, for messages
 * @param lowest 0 where "any free port" makes sense, else 1
 */
export function parseHostPort(url: string, authority: string, example: string, lowest: 0 | 1): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::([^:]*))?$/.exec(authority);
  if (!match)
    throw invalidUrl(`${url}: expected host:port, as in ${example}. Write an IPv6 address in brackets`);
  const [, ipv6, name, portText] = match;
  if (!portText) throw invalidUrl(`${url} has no port: expected one, as in ${example}`);
  const port = /^\d+$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port >= lowest && port <= 65535)) {
    const meant = !url.includes("?") && portText.includes("&") ? url.replace("&", "?") : undefined;
    throw invalidUrl(
      `${url}: port "${portText}" is not a number from ${lowest} to 65535${didYouMean(meant)}`,
    );
  }
  const host = ipv6 ?? name;
  return { host: host === "" || host === "*" ? undefined : host, port };
}

/** The options after `?`. Reading an option removes it; {@link end} rejects the rest. */
export class Query {
  readonly #values = new Map<string, string>();
  readonly #known: string[] = [];
  readonly #url: string;

  /** @param url for messages */
  constructor(text: string, url: string) {
    this.#url = url;
    for (const part of text.split("&").filter((item) => item !== "")) {
      const [key, value] = splitAt(part, "=").map((item) => decode(item, url)) as [string, string];
      if (this.#values.has(key)) throw invalidUrl(`${url}: option "${key}" is given twice`);
      this.#values.set(key, value);
    }
  }

  text(key: string): string | undefined {
    this.#known.push(key);
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }

  /** `?key`, `?key=1` and `?key=true` are true. */
  flag(key: string, whenAbsent = false): boolean {
    const value = this.text(key);
    if (value === undefined) return whenAbsent;
    if (["", "1", "true", "yes"].includes(value)) return true;
    if (["0", "false", "no"].includes(value)) return false;
    throw invalidUrl(`${this.#url}: option "${key}" is "${value}", expected true or false`);
  }

  /**
   * A number from `lowest` to `highest`; undefined when absent. `kilo` allows the suffixes K, M and
   * G, and gives their base.
   */
  number(
    key: string,
    {
      lowest,
      highest,
      kilo,
      whole = true,
    }: { lowest: number; highest: number; kilo?: 1000 | 1024; whole?: boolean },
  ): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const match = /^(\d+(?:\.\d+)?)([KMG]?)$/i.exec(value);
    const power = ["", "K", "M", "G"].indexOf((match?.[2] ?? "").toUpperCase());
    const number = match && (power === 0 || kilo) ? Number(match[1]) * (kilo ?? 1) ** power : Number.NaN;
    if (!(number >= lowest && number <= highest) || (whole && !Number.isInteger(number)))
      throw invalidUrl(
        `${this.#url}: option "${key}" is "${value}", expected a ${whole ? "whole " : ""}number from ${lowest} to ${highest}` +
          (kilo ? ", also as 512K or 4M" : ""),
      );
    return number;
  }

  /** Throws if an option is left that was not read. */
  end(): void {
    const [unknown] = this.#values.keys();
    if (unknown === undefined) return;
    const known = this.#known.length > 0 ? `expected ${this.#known.join(", ")}` : "this address takes none";
    const meant = didYouMean(nearestWord(unknown, this.#known));
    throw invalidUrl(`${this.#url}: option "${unknown}" is not known: ${known}${meant}`);
  }
}

/** The address without `user:password@`. */
export function withoutSecrets(text: string): string {
  return text.replace(/:\/\/[^\s/?#]*@/g, "://");
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Decodes percent encoding, such as %20. */
export function decode(text: string, url: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUrl(`${url}: "${text}" has a % without two hexadecimal digits after it`);
  }
}

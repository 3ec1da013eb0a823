import { NaliveError } from "../../core/errors.js";

/**
 * The address is not one that nalive knows: says what was expected. Passwords in the message are
 * left out.
 */
export function invalidUrl(message: string): NaliveError {
  return new NaliveError("NALIVE_INVALID_SOURCE", withoutSecrets(message));
}

/** `host:port` of an address, without what else it may hold. */
export interface HostPort {
  /** Undefined when left out, or `*`: every address. */
  readonly host: string | undefined;
  readonly port: number;
}

/** An address cut at its punctuation. */
export interface UrlParts {
  /** Between `//` and the path, without `user:password@`. */
  readonly authority: string;
  readonly path: string;
  readonly query: Query;
}

/** Cuts `scheme://authority/path?query`; what comes before the colon is the caller's business. */
export function splitUrl(url: string): UrlParts {
  const match = /^[^:]*:(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(url);
  return {
    authority: (match?.[1] ?? "").replace(/^.*@/, ""),
    path: match?.[2] ?? "",
    query: new Query(match?.[3] ?? "", url),
  };
}

/**
 * Reads `host:port`, `[IPv6]:port`, `:port` or `*:port`.
 * @param example a right address of this scheme, for messages
 * @param lowest 0 where "any free port" makes sense, else 1
 */
export function parseHostPort(url: string, authority: string, example: string, lowest: 0 | 1): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::([^:]*))?$/.exec(authority);
  if (!match)
    throw invalidUrl(`${url}: expected host:port, as in ${example}; IPv6 addresses stand in brackets`);
  const [, ipv6, name, portText] = match;
  if (!portText) throw invalidUrl(`${url} has no port: expected one, as in ${example}`);
  const port = /^\d+$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port >= lowest && port <= 65535))
    throw invalidUrl(`${url}: port "${portText}" is not a number from ${lowest} to 65535`);
  const host = ipv6 ?? name;
  return { host: host === "" || host === "*" ? undefined : host, port };
}

/**
 * The options after `?`. Each that is understood is taken out; {@link end} refuses what is left.
 */
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
   * A number from `lowest` to `highest`; undefined when absent. `kilo`, 1000 or 1024, allows the
   * suffixes K, M and G.
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

  /** Call when every option has been read: throws for one that nobody knows. */
  end(): void {
    const [unknown] = this.#values.keys();
    if (unknown === undefined) return;
    const known = this.#known.length > 0 ? `expected ${this.#known.join(", ")}` : "this address takes none";
    throw invalidUrl(`${this.#url}: option "${unknown}" is not known: ${known}`);
  }
}

/** The address for people: no `user:password@`. */
export function withoutSecrets(text: string): string {
  return text.replace(/:\/\/[^\s/?#]*@/g, "://");
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Decodes %20 and its like. */
export function decode(text: string, url: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUrl(`${url}: "${text}" holds a % that is not followed by two hexadecimal digits`);
  }
}

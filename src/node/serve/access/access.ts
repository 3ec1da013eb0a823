import type { IncomingMessage } from "node:http";
import type { ServeConfig } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import type { Action, Authorize } from "./authorize.js";
import { type HostRule, hostRule } from "./host-rule.js";

/** Lets requests in, or says why not: asks `authorize` with the credential that a request shows, and looks where it comes from. */
export class Access {
  readonly #authorize: Authorize;
  readonly #allowedOrigins: readonly string[];
  readonly #mayBeCalled: HostRule;

  /** What of the configuration says who is let in. */
  constructor(authorize: Authorize, config: Pick<ServeConfig, "host" | "allowedOrigins" | "allowedHosts">) {
    this.#authorize = authorize;
    this.#allowedOrigins = config.allowedOrigins;
    this.#mayBeCalled = hostRule(config.host, config.allowedHosts);
  }

  /**
   * Before all else: the server is asked by a name of its own.
   * @throws ServeError `NALIVE_HOST_NOT_ALLOWED`
   */
  checkHost({ headers: { host } }: IncomingMessage): void {
    if (this.#mayBeCalled(host)) return;
    throw new ServeError(
      "NALIVE_HOST_NOT_ALLOWED",
      `this server was asked for as ${JSON.stringify(host?.slice(0, 100))}, which may be a page's trick: ` +
        "use localhost or its IP address, or allow the name (allowedHosts, --allow-host)",
    );
  }

  /** @throws ServeError `NALIVE_NOT_ALLOWED` */
  check(action: Action, stream: string, request: IncomingMessage): void {
    const credential = credentialOf(request);
    if (this.#authorize(action, stream, credential)) return;
    const what = { publish: "publish", view: "watch", manage: "manage the recordings of" }[action];
    throw new ServeError(
      "NALIVE_NOT_ALLOWED",
      `${credential === undefined ? "a token is needed" : "the token shown does not allow"} to ${what} ${stream}: ` +
        "send it as Authorization: Bearer TOKEN, or as ?token=TOKEN",
    );
  }

  /** False for a page of another origin that was not allowed. Programs that are no browsers send no origin. */
  isOriginAllowed(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    if (origin === undefined || this.isForeignAllowed(origin)) return true;
    try {
      return new URL(origin).host === request.headers.host;
    } catch {
      return false;
    }
  }

  /** True when the configuration names the origin. */
  isForeignAllowed(origin: string): boolean {
    return this.#allowedOrigins.includes("*") || this.#allowedOrigins.includes(origin);
  }
}

function credentialOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return bearer ?? requestUrl(request).searchParams.get("token") ?? undefined;
}

/** Path and query of a request; the host means nothing. */
export function requestUrl(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? "/", "http://server");
  } catch {
    return new URL("http://server/");
  }
}

/** Where a request went, without what may hold a token, however it is written. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*/s, "");
}

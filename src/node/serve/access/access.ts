import type { IncomingMessage } from "node:http";
import type { ServeConfig } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import type { Action, Authorize } from "./authorize.js";
import { type HostRule, hostRule } from "./host-rule.js";
import { type OriginRule, originRule } from "./origin-rule.js";

/** Why a page of another origin is refused. */
export const foreignOrigin =
  "Pages of this origin may not use this server: allow the origin with allowedOrigins (--allow-origin)";

/** What each action needs, and what it does, for messages. */
const words = {
  publish: { token: "publishing token", doing: "publishing" },
  view: { token: "viewing token", doing: "watching" },
  manage: { token: "publishing token", doing: "recording" },
} as const satisfies Record<Action, { readonly token: string; readonly doing: string }>;

/**
 * Decides which requests the server answers: by the name it is called, the page that asks, and the
 * token shown.
 */
export class Access {
  readonly #authorize: Authorize;
  /** True when the configuration names the origin. */
  readonly isForeignAllowed: OriginRule;
  readonly #mayBeCalled: HostRule;

  constructor(authorize: Authorize, config: Pick<ServeConfig, "host" | "allowedOrigins" | "allowedHosts">) {
    this.#authorize = authorize;
    this.isForeignAllowed = originRule(config.allowedOrigins);
    this.#mayBeCalled = hostRule(config.host, config.allowedHosts);
  }

  /**
   * Checks the name by which the request calls the server. This comes before all other checks.
   * @throws ServeError `NALIVE_HOST_NOT_ALLOWED`
   */
  checkHost({ headers: { host } }: IncomingMessage): void {
    if (this.#mayBeCalled(host)) return;
    throw new ServeError(
      "NALIVE_HOST_NOT_ALLOWED",
      `The request calls this server ${JSON.stringify(host?.slice(0, 100))}, which is none of its names: ` +
        "use localhost or its IP address, or allow the name with allowedHosts (--allow-host)",
    );
  }

  /**
   * Checks the token that the request shows.
   * @param stream its name; `*` is all streams
   * @throws ServeError `NALIVE_NOT_ALLOWED`
   */
  check(action: Action, stream: string, request: IncomingMessage): void {
    const credential = credentialOf(request);
    if (this.#authorize(action, stream, credential)) return;
    const { token, doing } = words[action];
    const why =
      credential === undefined
        ? `A ${token} is needed: send it`
        : `This token does not allow ${doing} ${stream === "*" ? "all streams" : stream}: send the ${token}`;
    throw new ServeError("NALIVE_NOT_ALLOWED", `${why} as Authorization: Bearer TOKEN, or as ?token=TOKEN`);
  }

  /** False for a page of another origin that is not allowed. Only browsers send an origin. */
  isOriginAllowed(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    if (origin === undefined || this.isForeignAllowed(origin)) return true;
    try {
      return new URL(origin).host === request.headers.host;
    } catch {
      return false;
    }
  }
}

function credentialOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return bearer ?? requestUrl(request).searchParams.get("token") ?? undefined;
}

/** The address of a request. Its host is a placeholder. */
export function requestUrl(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? "/", "http://server");
  } catch {
    return new URL("http://server/");
  }
}

/** The address without its query, which may hold a token. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*/s, "");
}

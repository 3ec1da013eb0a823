import type { IncomingMessage } from "node:http";
import type { ServeConfig } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import type { Action, Authorize } from "./authorize.js";
import { tokenAuthorize } from "./authorize.js";
import { type HostRule, hostRule } from "./host-rule.js";
import { type OriginRule, originRule } from "./origin-rule.js";
import { hostNameOf, isOwnOrigin } from "./own-origin.js";
import { TrustedProxies } from "./trusted-proxies.js";

/** The fields of the configuration that decide. */
type AccessConfig = Pick<
  ServeConfig,
  "host" | "publish" | "view" | "allowedOrigins" | "allowedHosts" | "trustedProxies"
>;

/** What each action needs, and what it does, for messages. */
const words = {
  publish: { token: "publishing token", doing: "publishing" },
  view: { token: "viewing token", doing: "watching" },
  manage: { token: "publishing token", doing: "managing" },
} as const satisfies Record<Action, { readonly token: string; readonly doing: string }>;

/**
 * Decides which requests the server answers: by the name it is called, the page that asks, and the
 * token shown.
 */
export class Access {
  #authorize!: Authorize;
  #isForeignAllowed!: OriginRule;
  #allowedOrigins!: readonly string[];
  #allowedHosts!: readonly string[];
  #mayBeCalled!: HostRule;
  #proxies!: TrustedProxies;

  constructor(config: AccessConfig) {
    this.configure(config);
  }

  /** From now on decides by this configuration. Connections that are open stay open. */
  configure(config: AccessConfig): void {
    this.#authorize = tokenAuthorize({ publish: config.publish.token, view: config.view.token });
    this.#isForeignAllowed = originRule(config.allowedOrigins);
    this.#allowedOrigins = config.allowedOrigins;
    this.#allowedHosts = config.allowedHosts;
    this.#mayBeCalled = hostRule(config.host, config.allowedHosts);
    this.#proxies = new TrustedProxies(config.trustedProxies);
  }

  /** Names the client of a request to people; behind a trusted proxy, that proxy's client. */
  clientOf(request: IncomingMessage): string {
    return this.#proxies.clientOf(request);
  }

  /**
   * Checks the names by which the request, and a trusted proxy's client, call the server. This
   * comes before all other checks.
   * @throws ServeError `NALIVE_HOST_NOT_ALLOWED`
   */
  checkHost(request: IncomingMessage): void {
    const wrong = [request.headers.host, this.#proxies.hostOf(request)].find(
      (host) => host !== undefined && !this.#mayBeCalled(host),
    );
    if (wrong === undefined) return;
    const name = printable(wrong);
    throw new ServeError(
      "NALIVE_HOST_NOT_ALLOWED",
      `The request calls this server ${JSON.stringify(name)}, which is none of its names: ` +
        `use localhost or its IP address, or allow the name with allowedHosts (--allow-host ${name.replace(/:\d+$/, "")})`,
    );
  }

  /** True if the token that the request shows allows the action. @param stream as for `check` */
  allows(action: Action, stream: string, request: IncomingMessage): boolean {
    return this.#authorize(action, stream, credentialOf(request));
  }

  /**
   * Checks the token that the request shows.
   * @param stream its name; `*` is all streams
   * @throws ServeError `NALIVE_NOT_ALLOWED`
   */
  check(action: Action, stream: string, request: IncomingMessage): void {
    if (this.allows(action, stream, request)) return;
    const { token, doing } = words[action];
    const why =
      credentialOf(request) === undefined
        ? `A ${token} is needed: send it`
        : `This token does not allow ${doing} ${stream === "*" ? "all streams" : stream}: send the ${token}`;
    throw new ServeError("NALIVE_NOT_ALLOWED", `${why} as Authorization: Bearer TOKEN, or as ?token=TOKEN`);
  }

  /**
   * Checks the origin of the page that asks. Only browsers send one. The server's own pages are
   * those of the host that the request or a trusted proxy's client calls, and those of
   * `allowedHosts`: some proxies replace the host.
   * @throws ServeError `NALIVE_NOT_ALLOWED` for another origin that is not allowed
   */
  checkOrigin(request: IncomingMessage): void {
    const { origin, host } = request.headers;
    if (origin === undefined || this.isForeignAllowed(origin)) return;
    const hosts = [this.#proxies.hostOf(request), host].filter((each) => each !== undefined);
    const { localPort } = request.socket;
    if (hosts.some((each) => isOwnOrigin(origin, each, localPort))) return;
    const name = hostNameOf(origin);
    if (name && this.#allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return;
    const page = printable(origin);
    throw new ServeError(
      "NALIVE_NOT_ALLOWED",
      `Pages of ${page} may not use this server, which the request calls ${printable(hosts[0] ?? "nothing")}: ` +
        `allow the origin with allowedOrigins (--allow-origin ${page})`,
    );
  }

  /** The origins of foreign pages that may use the server. */
  get allowedOrigins(): readonly string[] {
    return this.#allowedOrigins;
  }

  /** True when the configuration names the origin. */
  isForeignAllowed(origin: string): boolean {
    return this.#isForeignAllowed(origin);
  }
}

/** Text from a stranger, short and safe to print. */
const printable = (text: string) => text.slice(0, 100).replace(/[^\x21-\x7e]/g, "?");

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

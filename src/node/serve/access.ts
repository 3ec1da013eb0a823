import type { IncomingMessage } from "node:http";
import type { Action, Authorize } from "./authorize.js";
import { ServeError } from "./serve-error.js";

/** Lets requests in, or says why not: asks `authorize` with the credential that a request shows, and looks where it comes from. */
export class Access {
  readonly #authorize: Authorize;
  readonly #allowedOrigins: readonly string[];

  /** @param allowedOrigins pages of other origins that may use the server; `*` is all */
  constructor(authorize: Authorize, allowedOrigins: readonly string[]) {
    this.#authorize = authorize;
    this.#allowedOrigins = allowedOrigins;
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

/** The address without the token, for logs. */
export function withoutToken(url: string): string {
  return url.replace(/([?&]token=)[^&#]*/gi, "$1…");
}

import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { type Access, withoutQuery } from "../access/access.js";

/** What pages of other origins may embed: pictures and streams, which tokens protect. */
const embeddable = /^\/(streams\/|player(-worker)?\.js$)/;
/** The page that is made to be framed by others. */
const framed = /^\/watch\//;

/**
 * Adds headers that keep browsers from misusing the answers: nothing is taken for another type than
 * it has, our pages run no foreign scripts, and only pages of allowed origins frame them.
 */
export function addSecurityHeaders(app: FastifyInstance, access: Pick<Access, "allowedOrigins">): void {
  // On request, because answers without an end skip the later hooks.
  app.addHook("onRequest", async ({ url }, reply) => {
    const isForAll = embeddable.test(withoutQuery(url)) || access.allowedOrigins.length > 0;
    reply.header("X-Content-Type-Options", "nosniff");
    reply.header("Cross-Origin-Resource-Policy", isForAll ? "cross-origin" : "same-origin");
  });
  app.addHook("onSend", async ({ url }, reply, payload) => {
    const type = String(reply.getHeader("content-type") ?? "");
    if (type.startsWith("text/html")) {
      const origins = access.allowedOrigins.filter((origin) => origin === "*" || /^https?:/.test(origin));
      const frames = framed.test(withoutQuery(url)) ? ["*"] : ["'self'", ...origins];
      reply.header("Content-Security-Policy", policyOf(payload, frames));
    }
    return payload;
  });
}

/** Styles inside our pages are known by their hashes. */
function policyOf(page: unknown, frames: readonly string[]): string {
  const styles = typeof page === "string" ? [...page.matchAll(/<style>(.*?)<\/style>/gs)] : [];
  const hashes = styles.map(
    ([, style]) => `'sha256-${createHash("sha256").update(style!).digest("base64")}'`,
  );
  return [
    "default-src 'self'",
    ["style-src 'self'", ...hashes].join(" "),
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "connect-src 'self' ws: wss:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    `frame-ancestors ${frames.join(" ")}`,
  ].join("; ");
}

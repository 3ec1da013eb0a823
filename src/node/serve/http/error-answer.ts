import type { FastifyReply, FastifyRequest } from "fastify";
import { withoutQuery } from "../access/access.js";
import { escapeHtml, htmlPage, mountFrom, textStyle } from "./html-page.js";

/** Why a request fails: the JSON in the body. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** True for a person who opens an address in a browser. The API always answers programs. */
function isPageRequest({ method, url, headers }: FastifyRequest): boolean {
  return method === "GET" && !/^\/api\//.test(url) && /\btext\/html\b/.test(headers.accept ?? "");
}

/** Answers with the failure: as a page if a person opens the address, as JSON otherwise. */
export function answerFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  failure: Failure,
): FastifyReply {
  reply.status(status).header("Vary", "Accept");
  if (!isPageRequest(request)) return reply.type("application/json; charset=utf-8").send(failure);
  const home = mountFrom(withoutQuery(request.url));
  const title = status === 404 ? "There is nothing here" : "The server refused the request";
  const body = `<main>
<h1>${title}</h1>
<p>${escapeHtml(failure.message)}</p>
<a href="${escapeHtml(home)}">All streams</a>
</main>`;
  return reply.type("text/html; charset=utf-8").send(htmlPage(`${title} · nalive`, textStyle, body));
}

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import type { ErrorCode } from "../../../core/errors.js";
import { type Access, requestUrl } from "../access/access.js";
import { ServeError } from "../serve-error.js";
import type { Streams } from "../streams/streams.js";
import { escapeHtml, htmlPage, mountFrom, textStyle } from "./html-page.js";

/** Where the builds for browsers are. */
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const playerFolder = join(dist, "browser");
/** The player, and its worker for pages that take no worker from inside a script. */
const playerFiles = ["player.js", "player-worker.js"];
const dashboard = join(dist, "dashboard");

/** Pages of the dashboard below `/`: its script reads from the address which one it is. */
const dashboardPages = ["/streams/:name", "/recordings"];

/**
 * Adds the pages: `/player.js` and its worker, `/watch/NAME` with the player only, and `/`, the
 * dashboard or a plain list. All addresses in them are relative to the page, because a proxy may
 * mount the server anywhere.
 */
export async function addPages(app: FastifyInstance, streams: Streams, access: Access): Promise<void> {
  const hasDashboard = existsSync(dashboard);
  await app.register(fastifyStatic, {
    root: hasDashboard ? dashboard : dist,
    serve: hasDashboard,
    wildcard: false,
    index: ["index.html"],
  });
  for (const file of playerFiles) {
    app.get(`/${file}`, async (_request, reply) => {
      if (!existsSync(join(playerFolder, file))) {
        return reply.status(404).send({
          code: "NALIVE_NO_SUCH_ADDRESS" satisfies ErrorCode,
          message: "This installation has no player: run npm run build",
        });
      }
      // A page of any origin may load the player; its WebSocket decides whether it may watch.
      return reply.header("Access-Control-Allow-Origin", "*").sendFile(file, playerFolder);
    });
  }
  app.get<{ Params: { name: string } }>("/watch/:name", async ({ params: { name }, raw }, reply) => {
    const { searchParams, pathname } = requestUrl(raw);
    reply.type("text/html").header("Cache-Control", "no-store");
    try {
      access.check("view", name, raw);
    } catch (error) {
      if (!(error instanceof ServeError)) throw error;
      return reply.status(error.status).send(tokenPage(name, searchParams.has("token")));
    }
    return reply.send(watchPage(name, mountFrom(pathname), searchParams.get("token")));
  });
  if (!hasDashboard) {
    app.get("/", async (_request, reply) => reply.type("text/html").send(listPage(streams)));
    return;
  }
  const index = readFileSync(join(dashboard, "index.html"), "utf8");
  for (const page of dashboardPages) {
    app.get(page, async ({ raw }, reply) => {
      const base = `<base href="${mountFrom(requestUrl(raw).pathname)}">`;
      return reply.type("text/html").send(index.replace('<base href="./">', base));
    });
  }
}

/**
 * The player, filling the page, for kiosks and frames. It gets the token from the page's address.
 */
function watchPage(name: string, mount: string, token: string | null): string {
  const query = token === null ? "" : `?token=${encodeURIComponent(token)}`;
  const source = escapeHtml(`${mount}streams/${encodeURIComponent(name)}/ws${query}`);
  return htmlPage(
    name,
    "html, body, main { height: 100%; margin: 0; background: #000 } nalive-player { display: block; width: 100%; height: 100% }",
    `<main><nalive-player src="${source}"></nalive-player></main>\n<script type="module" src="${mount}player.js"></script>`,
  );
}

/** Asks for the token, which goes into the page's address. */
function tokenPage(name: string, isWrong: boolean): string {
  const title = isWrong ? "The token is wrong" : "A viewing token is needed";
  return htmlPage(
    `${name} · nalive`,
    textStyle,
    `<main>
<h1>${title}</h1>
<p>Ask the operator of this server for it.</p>
<form method="get">
<input type="password" name="token" autocomplete="current-password" aria-label="Token" required autofocus>
<button>Watch</button>
</form>
</main>`,
  );
}

function listPage(streams: Streams): string {
  const items = streams
    .list()
    .map(({ name, publisher }) => {
      const state = publisher ? "live" : "waiting for a publisher";
      return `<li><a href="watch/${escapeHtml(name)}">${escapeHtml(name)}</a> ${state}</li>`;
    })
    .join("\n");
  const body = items === "" ? "<p>No streams: nobody is publishing.</p>" : `<ul>\n${items}\n</ul>`;
  return htmlPage("nalive", textStyle, `<main>\n<h1>Streams</h1>\n${body}\n</main>`);
}

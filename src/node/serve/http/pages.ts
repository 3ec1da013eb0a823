import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import type { Streams } from "../streams/streams.js";

/** Where the builds for browsers are. */
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const playerFolder = join(dist, "browser");
/** The player, and its worker for pages that take no worker from inside a script. */
const playerFiles = ["player.js", "player-worker.js"];
const dashboard = join(dist, "dashboard");

/**
 * Adds the pages: `/player.js` and its worker, `/watch/NAME` with the player only, and `/`, the
 * dashboard or a plain list.
 */
export async function addPages(app: FastifyInstance, streams: Streams): Promise<void> {
  await app.register(fastifyStatic, {
    root: existsSync(dashboard) ? dashboard : dist,
    serve: existsSync(dashboard),
    wildcard: false,
    index: ["index.html"],
  });
  for (const file of playerFiles) {
    app.get(`/${file}`, async (_request, reply) => {
      if (!existsSync(join(playerFolder, file))) {
        return reply.status(404).send({
          code: "NALIVE_INVALID_ARGUMENT",
          message: "This installation has no player: run npm run build",
        });
      }
      // A page of any origin may load the player; its WebSocket decides whether it may watch.
      return reply.header("Access-Control-Allow-Origin", "*").sendFile(file, playerFolder);
    });
  }
  app.get<{ Params: { name: string } }>("/watch/:name", async ({ params, url }, reply) =>
    reply.type("text/html").send(watchPage(params.name, new URL(url, "http://server").search)),
  );
  if (existsSync(dashboard)) {
    // A page of the dashboard: its script reads the name from the address.
    app.get("/streams/:name", async (_request, reply) => reply.sendFile("index.html", dashboard));
  } else {
    app.get("/", async (_request, reply) => reply.type("text/html").send(listPage(streams)));
  }
}

/**
 * The player, filling the page, for kiosks and frames. It gets the token from the page's address.
 */
function watchPage(name: string, search: string): string {
  const token = new URLSearchParams(search).get("token");
  const query = token === null ? "" : `?token=${encodeURIComponent(token)}`;
  const source = escapeHtml(`/streams/${encodeURIComponent(name)}/ws${query}`);
  return page(
    name,
    "html, body, main { height: 100%; margin: 0; background: #000 } nalive-player { display: block; width: 100%; height: 100% }",
    `<main><nalive-player src="${source}"></nalive-player></main>\n<script type="module" src="/player.js"></script>`,
  );
}

function listPage(streams: Streams): string {
  const items = streams
    .list()
    .map(({ name, publisher }) => {
      const state = publisher ? "live" : "waiting for a publisher";
      return `<li><a href="/watch/${escapeHtml(name)}">${escapeHtml(name)}</a> ${state}</li>`;
    })
    .join("\n");
  const body = items === "" ? "<p>No streams: nobody is publishing.</p>" : `<ul>\n${items}\n</ul>`;
  return page(
    "nalive",
    "body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem }",
    `<h1>Streams</h1>\n${body}`,
  );
}

function page(title: string, style: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
${body}
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

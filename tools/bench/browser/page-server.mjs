// The pages that show a stream, one per contestant, and the server that they come from.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { root } from "../../setup/setup.mjs";
import { portOf } from "../../shared/ports.mjs";

/** @type {Record<string, string>} Scripts by their path on the server. */
const scripts = {
  "/player.js": join(root, "dist/browser/player.js"),
  "/jmuxer.js": fileURLToPath(import.meta.resolve("jmuxer")),
  "/browser/in-page.mjs": join(root, "tools/bench/browser/in-page.mjs"),
  "/clips/picture-number.mjs": join(root, "tools/bench/clips/picture-number.mjs"),
};

/**
 * `<nalive-player>`, embedded as in any page.
 *
 * @param {string} url
 */
export const nalivePage = (url) => `<script type="module" src="/player.js"></script>
<nalive-player src="${url}" style="width: 1280px"></nalive-player>
${inPage("watchPlayer()")}`;

/** @param {string} codec */
export const barePage = (codec) => `<canvas width="1280" height="720"></canvas>
${inPage(`showPlainly("${codec}")`)}`;

/** @param {string} codec */
export const decodingPage = (codec) => inPage(`prepareToDecode("${codec}")`);

/** @param {number} fps */
export const jmuxerPage = (fps) => `<video id="video" muted autoplay width="1280" height="720"></video>
<script src="/jmuxer.js"></script>
${inPage(`showWithJMuxer(${fps})`)}`;

/** @param {string} call of a function of in-page.mjs */
const inPage = (call) => `<script type="module">
  import * as page from "/browser/in-page.mjs";
  page.${call};
</script>`;

/** Serves one page, and a WebSocket that whole messages are sent to. The caller closes it. */
export class PageServer {
  /** The page that is served from now on. */
  page = "";
  #server;
  /** @type {Set<import("ws").WebSocket>} */
  #viewers = new Set();

  constructor() {
    this.#server = createServer((request, response) => {
      const script = scripts[request.url ?? ""];
      response.setHeader("content-type", script ? "text/javascript" : "text/html");
      response.end(script ? readFileSync(script) : `<!doctype html><title>bench</title>${this.page}`);
    });
    new WebSocketServer({ server: this.#server, perMessageDeflate: false }).on(
      "connection",
      (socket, request) => {
        if (request.url?.endsWith("?clock"))
          socket.on("message", () => socket.send(String(performance.now())));
        else this.#viewers.add(socket.on("close", () => this.#viewers.delete(socket)));
      },
    );
  }

  static async start() {
    const pages = new PageServer();
    pages.#server.listen(0, "127.0.0.1");
    await once(pages.#server, "listening");
    return pages;
  }

  get url() {
    return `http://127.0.0.1:${portOf(this.#server)}/`;
  }

  /** Pages that wait for messages. */
  get viewers() {
    return this.#viewers.size;
  }

  /**
   * Sends all pages a message.
   *
   * @param {Uint8Array} bytes
   * @returns {number} the time just before the kernel got it
   */
  send(bytes) {
    const at = performance.now();
    for (const viewer of this.#viewers) viewer.send(bytes);
    return at;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

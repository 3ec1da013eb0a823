// The pages that show a stream, one a contestant, and the server that they come from.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { codeHeight, codeWidth } from "../clips/picture-number.mjs";
import { root } from "../figures/places.mjs";

const files = {
  "/player.js": join(root, "dist/browser/player.js"),
  "/jmuxer.js": fileURLToPath(import.meta.resolve("jmuxer")),
};

/** `<nalive-player>`, as anybody would embed it. */
export const nalivePage = (url) => `<script type="module" src="/player.js"></script>
<nalive-player src="${url}" style="width: 1280px"></nalive-player>
<script type="module">
  const player = document.querySelector("nalive-player");
  player.addEventListener("picture", ({ detail }) => { if (detail.outcome === "shown") noteDrawn(detail.sequence); });
  window.media = () => player.shadowRoot.querySelector("[part~=picture]");
  window.player = player;
</script>`;

/** Each message, a whole access unit, goes to a VideoDecoder, and what it gives out onto a canvas. */
export const barePage = (codec) => `<canvas width="1280" height="720"></canvas>
<script type="module">
  const canvas = document.querySelector("canvas");
  const context = canvas.getContext("2d");
  const decoder = new VideoDecoder({
    output(frame) { context.drawImage(frame, 0, 0); noteDrawn(frame.timestamp); frame.close(); },
    error(error) { console.error(error); },
  });
  decoder.configure({ codec: "${codec}", optimizeForLatency: true });
  let type = "key";
  let timestamp = 0;
  const socket = new WebSocket(location.href.replace("http", "ws") + "?watch");
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => {
    decoder.decode(new EncodedVideoChunk({ type, timestamp: timestamp++, data }));
    type = "delta";
  };
  window.media = () => canvas;
</script>`;

/** `window.decodeAll()` resolves to the time, ms, that a VideoDecoder takes for all messages sent so far, with nothing drawn. */
export const decodingPage = (codec) => `<script type="module">
  const messages = [];
  const socket = new WebSocket(location.href.replace("http", "ws") + "?watch");
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => messages.push(data);
  window.received = () => messages.length;
  window.decodeAll = async () => {
    let lastAt;
    const decoder = new VideoDecoder({
      output(frame) { lastAt = performance.now(); frame.close(); },
      error(error) { console.error(error); },
    });
    decoder.configure({ codec: "${codec}", optimizeForLatency: true });
    const start = performance.now();
    for (const [timestamp, data] of messages.entries()) {
      decoder.decode(new EncodedVideoChunk({ type: timestamp === 0 ? "key" : "delta", timestamp, data }));
    }
    await decoder.flush();
    return lastAt - start;
  };
</script>`;

/** JMuxer with the settings that its authors give for low delay. */
export const jmuxerPage = (fps) => `<video id="video" muted autoplay width="1280" height="720"></video>
<script src="/jmuxer.js"></script>
<script>
  const jmuxer = new JMuxer({ node: "video", mode: "video", flushingTime: 0, clearBuffer: true, fps: ${fps}, debug: false });
  const socket = new WebSocket(location.href.replace("http", "ws") + "?watch");
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => jmuxer.feed({ video: new Uint8Array(data) });
  window.media = () => document.querySelector("video");
</script>`;

/** Looks at the picture at each refresh of the page, and notes each number that it reads for the first time in a row. */
const watching = `<script>
  window.seen = [];
  // Access units whose pictures were drawn, in that order, and when drawing onto the page's canvas ended.
  window.drawn = [];
  window.drawnAt = [];
  window.noteDrawn = (unit) => { drawn.push(unit); };
  for (const name of ["drawImage", "putImageData"]) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...args) {
      draw.apply(this, args);
      if (this.canvas === window.media?.()) drawnAt.push(performance.now());
    };
  }
  {
    const probe = document.createElement("canvas");
    probe.width = ${codeWidth};
    probe.height = ${codeHeight};
    const context = probe.getContext("2d", { willReadFrequently: true });
    const size = (media) => media.videoWidth ?? media.width;
    const read = () => {
      const { data } = context.getImageData(0, 0, ${codeWidth}, ${codeHeight});
      let code = 0;
      for (let block = 0; block < 24; block++) {
        const x = (block % 12) * 16 + 8;
        const y = Math.floor(block / 12) * 16 + 8;
        code = (code << 1) | (data[(y * ${codeWidth} + x) * 4] > 127 ? 1 : 0);
      }
      const number = code >> 8;
      return (code & 0xff) === ((Math.imul(number & 0xffff, 0x9e3779b1) >>> 24) ^ 0x5a) ? number : undefined;
    };
    const look = () => {
      requestAnimationFrame(look);
      const media = window.media?.();
      if (!media || !(size(media) > 0) || (media.readyState ?? 4) < 2) return;
      context.drawImage(media, 0, 0, ${codeWidth}, ${codeHeight}, 0, 0, ${codeWidth}, ${codeHeight});
      const number = read();
      if (seen.length === 0 || seen.at(-1).number !== number) seen.push({ number, at: performance.now() });
    };
    requestAnimationFrame(look);
  }
  // What this page's clock is ahead of the sender's: by the quickest of many questions.
  window.clockOffset = () => new Promise((resolve) => {
    const socket = new WebSocket(location.href.replace("http", "ws") + "?clock");
    let best = { roundTrip: Infinity };
    let left = 100;
    let askedAt;
    const ask = () => { askedAt = performance.now(); socket.send(""); };
    socket.onopen = ask;
    socket.onmessage = ({ data }) => {
      const now = performance.now();
      if (now - askedAt < best.roundTrip) best = { roundTrip: now - askedAt, offset: (now + askedAt) / 2 - Number(data) };
      if (--left > 0) setTimeout(ask, 1);
      else { socket.close(); resolve(best); }
    };
  });
</script>`;

/** Serves one page and a WebSocket that whole messages are sent to. */
export class PageServer {
  #server;
  #viewers = new Set();
  #page = "";

  static async start() {
    const pages = new PageServer();
    pages.#server = createServer((request, response) => {
      const file = files[request.url];
      response.setHeader("content-type", file ? "text/javascript" : "text/html");
      response.end(
        file ? readFileSync(file) : `<!doctype html><title>bench</title>${watching}${pages.#page}`,
      );
    });
    new WebSocketServer({ server: pages.#server, perMessageDeflate: false }).on(
      "connection",
      (socket, request) => {
        if (request.url.endsWith("?clock"))
          socket.on("message", () => socket.send(String(performance.now())));
        else pages.#viewers.add(socket.on("close", () => pages.#viewers.delete(socket)));
      },
    );
    pages.#server.listen(0, "127.0.0.1");
    await once(pages.#server, "listening");
    return pages;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  /** The page that is served from now on. */
  set page(html) {
    this.#page = html;
  }

  get viewers() {
    return this.#viewers.size;
  }

  /** A message for the page's WebSocket. @returns the time just before it was given to the kernel */
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

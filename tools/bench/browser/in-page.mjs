// What runs in the pages that show a stream: they load it as a module. `watch` is called first on
// each page; the benchmarks ask for what it has noted through `window.bench` (`questions.mjs`).
import { codeHeight, codeWidth, readNumber } from "../clips/picture-number.mjs";

/**
 * @import { NalivePlayerElement } from "../../../dist/browser/index.js"
 * @import { BenchPage, BenchWindow } from "./questions.mjs"
 *
 * @typedef {HTMLCanvasElement | HTMLVideoElement} Picture
 */

/** @type {BenchPage} */
const bench = {
  seen: [],
  drawn: [],
  drawnAt: [],
  clockOffset: measureClockOffset,
  player: undefined,
  times: { set: Number.NaN, connected: Number.NaN },
  received: () => 0,
  decodeAll: () => Promise.reject(new Error("This page only shows pictures")),
};
/** @type {BenchWindow} */ (/** @type {unknown} */ (window)).bench = bench;

/** @type {() => Picture | null} Finds the element that shows the pictures. */
let pictureOf = () => null;

/**
 * Reads the picture at each refresh of the page, and notes each number when it reads it for the
 * first time in a row. Notes as well when drawing onto the page's canvas ends.
 *
 * @param {() => Picture | null} findPicture
 */
function watch(findPicture) {
  pictureOf = findPicture;
  const { prototype } = CanvasRenderingContext2D;
  for (const name of /** @type {const} */ (["drawImage", "putImageData"])) {
    const draw = /** @type {(...args: unknown[]) => void} */ (prototype[name]);
    /**
     * @this {CanvasRenderingContext2D}
     * @param {unknown[]} args
     */
    prototype[name] = function (...args) {
      draw.apply(this, args);
      if (this.canvas === pictureOf()) bench.drawnAt.push(performance.now());
    };
  }
  const probe = document.createElement("canvas");
  probe.width = codeWidth;
  probe.height = codeHeight;
  const context = probe.getContext("2d", { willReadFrequently: true });
  const look = () => {
    requestAnimationFrame(look);
    const picture = pictureOf();
    if (!context || !picture || !hasPicture(picture)) return;
    context.drawImage(picture, 0, 0, codeWidth, codeHeight, 0, 0, codeWidth, codeHeight);
    const { data } = context.getImageData(0, 0, codeWidth, codeHeight);
    const number = readNumber(data, codeWidth, 4);
    if (bench.seen.length === 0 || bench.seen.at(-1)?.number !== number)
      bench.seen.push({ number, at: performance.now() });
  };
  requestAnimationFrame(look);
}

/** @param {Picture} picture */
function hasPicture(picture) {
  return picture instanceof HTMLVideoElement
    ? picture.videoWidth > 0 && picture.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA
    : picture.width > 0;
}

/**
 * How far this page's clock is ahead of the sender's, ms: by the quickest of many questions.
 *
 * @returns {Promise<number>}
 */
function measureClockOffset() {
  return new Promise((resolve) => {
    const socket = new WebSocket(socketUrl("?clock"));
    let quickest = Number.POSITIVE_INFINITY;
    let offset = 0;
    let left = 100;
    let askedAt = 0;
    const ask = () => {
      askedAt = performance.now();
      socket.send("");
    };
    socket.onopen = ask;
    socket.onmessage = ({ data }) => {
      const now = performance.now();
      if (now - askedAt < quickest) {
        quickest = now - askedAt;
        offset = (now + askedAt) / 2 - Number(data);
      }
      if (--left > 0) {
        setTimeout(ask, 1);
        return;
      }
      socket.close();
      resolve(offset);
    };
  });
}

/** @param {string} query */
const socketUrl = (query) => location.href.replace("http", "ws") + query;

/**
 * @param {(data: ArrayBuffer) => void} onMessage
 */
function receive(onMessage) {
  const socket = new WebSocket(socketUrl("?watch"));
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => onMessage(data);
}

/** `<nalive-player>`, embedded as in any page. */
export function watchPlayer() {
  const player = /** @type {NalivePlayerElement} */ (document.querySelector("nalive-player"));
  watch(() => player.shadowRoot?.querySelector("[part~=picture]") ?? null);
  player.addEventListener("picture", ({ detail }) => {
    if (detail.outcome === "shown") bench.drawn.push(detail.sequence);
  });
  bench.player = player;
}

/**
 * Gives each message, a whole access unit, to a VideoDecoder and draws its output onto a canvas.
 *
 * @param {string} codec
 */
export function showPlainly(codec) {
  const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("canvas"));
  watch(() => canvas);
  const context = canvas.getContext("2d");
  const decoder = new VideoDecoder({
    output(frame) {
      context?.drawImage(frame, 0, 0);
      bench.drawn.push(frame.timestamp);
      frame.close();
    },
    error: (error) => console.error(error),
  });
  decoder.configure({ codec, optimizeForLatency: true });
  /** @type {EncodedVideoChunkType} */
  let type = "key";
  let timestamp = 0;
  receive((data) => {
    decoder.decode(new EncodedVideoChunk({ type, timestamp: timestamp++, data }));
    type = "delta";
  });
}

/**
 * Keeps all messages. `decodeAll` then measures how long a VideoDecoder takes for them, ms, drawing
 * nothing.
 *
 * @param {string} codec
 */
export function prepareToDecode(codec) {
  /** @type {ArrayBuffer[]} */
  const messages = [];
  receive((data) => messages.push(data));
  bench.received = () => messages.length;
  bench.decodeAll = async () => {
    let lastAt = Number.NaN;
    const decoder = new VideoDecoder({
      output(frame) {
        lastAt = performance.now();
        frame.close();
      },
      error: (error) => console.error(error),
    });
    decoder.configure({ codec, optimizeForLatency: true });
    const start = performance.now();
    for (const [timestamp, data] of messages.entries()) {
      decoder.decode(new EncodedVideoChunk({ type: timestamp === 0 ? "key" : "delta", timestamp, data }));
    }
    await decoder.flush();
    return lastAt - start;
  };
}

/**
 * JMuxer with the settings that its authors give for low delay.
 *
 * @param {number} fps
 */
export function showWithJMuxer(fps) {
  const video = document.querySelector("video");
  watch(() => video);
  /** @typedef {new (options: object) => { feed(data: { video: Uint8Array }): void }} JMuxerClass */
  const { JMuxer } = /** @type {{ JMuxer: JMuxerClass }} */ (/** @type {unknown} */ (window));
  const options = { node: "video", mode: "video", flushingTime: 0, clearBuffer: true, fps, debug: false };
  const jmuxer = new JMuxer(options);
  receive((data) => jmuxer.feed({ video: new Uint8Array(data) }));
}

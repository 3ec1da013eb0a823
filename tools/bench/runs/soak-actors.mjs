// Publishers and viewers that come and go. Each is a function that plays its part for the time it
// is given, and leaves nothing behind.
import { once } from "node:events";
import { get, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { itemAt } from "../../shared/item-at.mjs";

/**
 * @import { EventEmitter } from "node:events"
 * @import { Clip } from "../clips/clips.mjs"
 *
 * @typedef {object} Visit
 * @property {string} url of the server
 * @property {string} name of the stream
 * @property {number} ms how long it stays
 * @property {Clip} clip what a publisher sends
 * @property {boolean} abrupt it disconnects without closing
 *
 * @typedef {(visit: Visit) => Promise<void>} Actor
 */

/** @param {string} url */
function open(url) {
  const ws = new WebSocket(url.replace("http", "ws"), { perMessageDeflate: false });
  ws.on("error", () => undefined);
  return ws;
}

/**
 * Resolves when the time is over or the emitter has closed.
 *
 * @param {EventEmitter} emitter
 * @param {number} ms
 */
async function stay(emitter, ms) {
  const over = new AbortController();
  await Promise.race([
    sleep(ms, undefined, { signal: over.signal }).catch(() => undefined),
    once(emitter, "close", { signal: over.signal }).catch(() => undefined),
  ]);
  over.abort();
}

/**
 * Writes the clip in real time, again and again.
 *
 * @param {Visit} visit
 * @param {(unit: Buffer) => void} write
 * @param {() => boolean} isOver
 */
async function play({ clip, ms }, write, isOver) {
  const start = performance.now();
  for (let index = 0; performance.now() - start < ms && !isOver(); index++) {
    await sleep(Math.max(0, start + (index * 1000) / clip.spec.fps - performance.now()));
    write(itemAt(clip.accessUnits, index % clip.accessUnits.length));
  }
}

/**
 * @param {(ws: WebSocket, unit: Buffer) => void} send
 * @returns {Actor}
 */
const webSocketPublisher = (send) => async (visit) => {
  const ws = open(`${visit.url}/publish/${visit.name}`);
  await untilOpen(ws);
  await play(
    visit,
    (unit) => send(ws, unit),
    () => ws.readyState !== WebSocket.OPEN,
  );
  await leave(ws, visit.abrupt);
};

/** @param {WebSocket} ws */
async function untilOpen(ws) {
  if (ws.readyState === WebSocket.CONNECTING)
    await Promise.race([once(ws, "open"), once(ws, "close")]).catch(() => undefined);
}

/**
 * @param {WebSocket} ws
 * @param {boolean} abrupt
 */
async function leave(ws, abrupt) {
  if (ws.readyState === WebSocket.CLOSED) return;
  const closed = once(ws, "close");
  if (abrupt) ws.terminate();
  else ws.close();
  await closed;
}

/** @type {Actor} */
async function postPublisher(visit) {
  const sending = request(`${visit.url}/publish/${visit.name}`, { method: "POST", agent: false });
  let isOver = false;
  sending.on("close", () => (isOver = true)).on("error", () => undefined);
  sending.on("response", (response) => response.resume());
  await play(
    visit,
    (unit) => void sending.write(unit),
    () => isOver,
  );
  if (visit.abrupt) sending.destroy();
  else sending.end();
  if (!isOver) await stay(sending, 5000);
  sending.destroy();
}

const shredBytes = 1400;

/** @type {Record<string, Actor>} */
export const publishers = {
  "whole pictures": webSocketPublisher((ws, unit) => ws.send(unit)),
  shreds: webSocketPublisher((ws, unit) => {
    for (let at = 0; at < unit.length; at += shredBytes) ws.send(unit.subarray(at, at + shredBytes));
  }),
  POST: postPublisher,
};

/**
 * Acknowledges pictures, as the player does.
 *
 * @type {Actor}
 */
async function player({ url, name, ms, abrupt }) {
  const ws = open(`${url}/streams/${name}/ws`);
  let acknowledgedAt = 0;
  ws.on("message", (data, isBinary) => {
    if (!isBinary || !Buffer.isBuffer(data) || performance.now() - acknowledgedAt < 100) return;
    acknowledgedAt = performance.now();
    const [epoch, group, object] = [4, 8, 12].map((at) => data.readUInt32BE(at));
    ws.send(JSON.stringify({ type: "ack", epoch, group, object }));
  });
  await stay(ws, ms);
  await leave(ws, abrupt);
}

/**
 * Reads nothing.
 *
 * @type {Actor}
 */
async function sleeper({ url, name, ms }) {
  const ws = open(`${url}/streams/${name}/ws`);
  await untilOpen(ws);
  ws.pause();
  await sleep(ms);
  ws.resume();
  await leave(ws, true);
}

/**
 * @param {string} path below the stream's
 * @returns {Actor}
 */
const reader =
  (path) =>
  ({ url, name, ms }) =>
    new Promise((resolve) => {
      const asking = get(`${url}/streams/${name}/${path}`, { agent: false }, (response) => {
        response.on("error", () => undefined).resume();
        void stay(response, ms).then(() => asking.destroy());
      });
      asking.on("error", () => undefined).on("close", () => resolve());
    });

/** @type {Actor} */
async function snapshots({ url, name, ms }) {
  for (let asked = 0; asked < 1 + ms / 3000; asked++) {
    const path = asked % 2 === 0 ? "snapshot.jpg" : "snapshot.png";
    const response = await fetch(`${url}/streams/${name}/${path}`).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    await sleep(300);
  }
}

/** @type {Actor} */
async function recording({ url, name, ms }) {
  /** @param {"POST" | "DELETE"} method */
  const ask = (method) =>
    fetch(`${url}/api/streams/${name}/recording`, { method })
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
  await ask("POST");
  await sleep(ms);
  await ask("DELETE");
}

/** @type {Record<string, Actor>} */
export const viewers = {
  player,
  sleeper,
  "live.h264": reader("live.h264"),
  "live.mp4": reader("live.mp4"),
  "live.mjpeg": reader("live.mjpeg"),
  snapshots,
  recording,
};

// Streams for the screenshots, published over real sockets: healthy cameras, damaged ones, and ones
// that are gone.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { openSource } from "../../dist/node/source/open-source.js";

/** Names for up to sixteen cameras. */
const names = [
  ...["gate", "yard", "porch", "garage", "hall", "kitchen", "attic", "cellar"],
  ...["roof", "garden", "stable", "workshop", "pier", "drone", "crane", "robot"],
];

/** How long a camera publishes before it goes. */
const goneAfterMs = 4000;

/**
 * @typedef {object} CameraOptions
 * @property {number} count
 * @property {number} [damaged] the last ones, before those that are gone, lose pictures
 * @property {number} [gone] the last ones stop publishing
 * @property {string} [size]
 * @property {number} [fps]
 * @property {number} [lostEvery] a damaged camera loses one picture of this many
 */

/**
 * Publishes cameras to a server.
 *
 * @param {string} serverUrl
 * @param {CameraOptions} options
 * @returns {Promise<() => Promise<void>>} stops them
 */
export async function publishCameras(
  serverUrl,
  { count, damaged = 0, gone = 0, size = "640x360", fps = 30, lostEvery = 45 },
) {
  /** @type {(() => Promise<void>)[]} */
  const stops = [];
  for (const [index, name] of names.slice(0, count).entries()) {
    const bitrate = count > 4 ? "400K" : "1500K";
    const source = `test:?size=${size}&fps=${fps}&gop=${fps * 2}&bitrate=${bitrate}&seed=${index + 1}`;
    const fromEnd = count - 1 - index;
    const isGone = fromEnd < gone;
    const isDamaged = !isGone && fromEnd < gone + damaged;
    const stop = await publish(serverUrl, name, source, isDamaged ? lostEvery : undefined);
    const stopped = isGone ? sleep(goneAfterMs).then(stop) : undefined;
    stops.push(() => stopped ?? stop());
  }
  return async () => {
    for (const stop of stops) await stop();
  };
}

/**
 * Publishes a source on a WebSocket.
 *
 * @param {string} serverUrl
 * @param {string} name
 * @param {string} source its address
 * @param {number | undefined} lostEvery one picture of this many is not sent; undefined: all are
 * @returns {Promise<() => Promise<void>>} stops it
 */
async function publish(serverUrl, name, source, lostEvery) {
  const socket = new WebSocket(`${serverUrl.replace("http", "ws")}/publish/${name}`);
  await once(socket, "open");
  const camera = openSource(source, {});
  let number = 0;
  camera.start({
    begin: () => undefined,
    end: () => undefined,
    state: () => undefined,
    close: () => socket.close(),
    push: ({ data }) => {
      number++;
      if (lostEvery !== undefined && number % lostEvery === 20) return;
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
  });
  return async () => {
    await camera.stop();
    socket.close();
  };
}

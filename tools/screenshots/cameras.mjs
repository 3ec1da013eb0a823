// Streams for the screenshots: cameras, one that loses pictures, one that is gone; all published over real sockets.
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { openSource } from "../../dist/node/source/open-source.js";

/** Names for up to sixteen cameras. */
const names = [
  "gate",
  "yard",
  "porch",
  "garage",
  "hall",
  "kitchen",
  "attic",
  "cellar",
  "roof",
  "garden",
  "stable",
  "workshop",
  "pier",
  "drone",
  "crane",
  "robot",
]; // prettier-ignore

/** Publishes cameras to a server. `damaged` and `gone` count from the end. @returns stops them */
export async function publishCameras(
  server,
  { count, damaged = 0, gone = 0, size = "640x360", fps = 30, lost = 45 },
) {
  const stops = [];
  for (const [index, name] of names.slice(0, count).entries()) {
    const options = `size=${size}&fps=${fps}&gop=${fps * 2}&bitrate=${count > 4 ? "400K" : "1500K"}&seed=${index + 1}`;
    const fromEnd = count - 1 - index;
    const isGone = fromEnd < gone;
    const isDamaged = !isGone && fromEnd < gone + damaged;
    const camera = await publish(server, name, `test:?${options}`, isDamaged ? lost : undefined);
    if (isGone)
      stops.push(
        sleep(4000)
          .then(() => camera.stop())
          .then(() => () => undefined),
      );
    else stops.push(camera.stop);
  }
  return async () => {
    for (const stop of stops) await (await stop)();
  };
}

/** A camera on a WebSocket. @param lostEvery one in so many pictures does not come; undefined: all come */
async function publish(server, name, url, lostEvery) {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/publish/${name}`);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const source = openSource(url, {});
  let number = 0;
  source.start({
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
  const stop = async () => {
    await source.stop();
    socket.close();
  };
  return { stop };
}

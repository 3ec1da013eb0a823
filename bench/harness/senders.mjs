// Senders: `write` resolves with the time at which the kernel had the last byte.
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";

export async function connectTcp(port) {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  socket.on("error", () => {}); // the receiver ended early: it shows in what it did not show
  return {
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve(performance.now()))),
    close: () => socket.end(),
  };
}

/** Each write is one message. */
export async function connectWebSocket(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await once(socket, "open");
  socket.on("error", () => {});
  return {
    write: (bytes) => new Promise((resolve) => socket.send(bytes, () => resolve(performance.now()))),
    close: () => socket.close(),
  };
}

// Senders: `write` resolves with the time at which the kernel was given the last byte.
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";

export async function connectTcp(port) {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  socket.on("error", () => {}); // the receiver ended early: it shows in what it did not show
  return {
    write: (bytes) => timeOfWrite(socket, (done) => socket.write(bytes, done)),
    close: () => socket.end(),
  };
}

/** Each write is one message. */
export async function connectWebSocket(port, path = "") {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, { perMessageDeflate: false });
  await once(socket, "open");
  socket.on("error", () => {});
  const { _socket: tcp } = socket;
  return {
    write: (bytes) => timeOfWrite(tcp, (done) => socket.send(bytes, done)),
    close: () => socket.close(),
  };
}

/**
 * The time just before the system call, when one took all: on return from it the receiver, woken on the same
 * processor, may have shown the picture already. Otherwise the time when the last byte was taken.
 */
function timeOfWrite(socket, write) {
  return new Promise((resolve) => {
    const before = performance.now();
    let atOnce = false;
    write(() => resolve(atOnce ? before : performance.now()));
    atOnce = socket.writableLength === 0;
  });
}

// Senders: `write` resolves with the time at which the kernel got the last byte.
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";

/**
 * @import { Socket } from "node:net"
 *
 * @typedef {object} Sender
 * @property {(bytes: Uint8Array) => Promise<number>} write
 * @property {() => void} close
 */

/**
 * @param {number} port
 * @returns {Promise<Sender>}
 */
export async function connectTcp(port) {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  // When the receiver ends early, the pictures that it does not show say so.
  socket.on("error", () => {});
  return {
    write: (bytes) => timeOfWrite(socket, (done) => socket.write(bytes, done)),
    close: () => socket.end(),
  };
}

/**
 * Sends each write as one message.
 *
 * @param {number} port
 * @param {string} [path]
 * @returns {Promise<Sender>}
 */
export async function connectWebSocket(port, path = "") {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, { perMessageDeflate: false });
  await once(socket, "open");
  socket.on("error", () => {});
  const tcp = tcpSocketOf(socket);
  return {
    write: (bytes) => timeOfWrite(tcp, (done) => socket.send(bytes, done)),
    close: () => socket.close(),
  };
}

/**
 * The socket beneath a WebSocket, which `ws` does not document.
 *
 * @param {WebSocket} socket
 */
export function tcpSocketOf(socket) {
  return /** @type {{ _socket: Socket }} */ (/** @type {unknown} */ (socket))._socket;
}

/**
 * The time just before the system call, when one took all bytes: when it returns, a receiver on the
 * same processor may have shown the picture already. Otherwise the time when the last byte was
 * taken.
 *
 * @param {Socket} socket
 * @param {(done: () => void) => void} write
 * @returns {Promise<number>}
 */
function timeOfWrite(socket, write) {
  return new Promise((resolve) => {
    const before = performance.now();
    let isDoneAtOnce = false;
    write(() => resolve(isDoneAtOnce ? before : performance.now()));
    isDoneAtOnce = socket.writableLength === 0;
  });
}

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** @returns {Promise<number>} a TCP port of 127.0.0.1 that nobody listens on */
export async function freeTcpPort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

/** @returns {Promise<number>} a UDP port of 127.0.0.1 that nobody listens on */
export async function freeUdpPort() {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

/**
 * The port of a TCP server that listens.
 *
 * @param {import("node:net").Server} server
 */
export function portOf(server) {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP port");
  return address.port;
}

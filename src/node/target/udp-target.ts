import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { hostPort } from "../source/describe-source-state.js";
import { connectError } from "../source/sockets/socket-errors.js";
import type { Outlet } from "./target.js";

/**
 * Sends datagrams of at most `datagramBytes` to one address. UDP does not report whether they
 * arrive.
 */
export async function openUdpOutlet(host: string, port: number, datagramBytes: number): Promise<Outlet> {
  const peer = hostPort(host, port);
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  try {
    socket.connect(port, host);
    await once(socket, "connect");
  } catch (error) {
    socket.close();
    throw connectError(error, peer, host);
  }
  // While nothing listens there, the system reports datagrams as refused. That is no reason to
  // stop.
  socket.on("error", () => {});
  const gone = once(socket, "close").then(() => undefined);
  return {
    peer,
    gone,
    async write(data) {
      for (let at = 0; at < data.length; at += datagramBytes) {
        await send(socket, data.subarray(at, at + datagramBytes));
      }
    },
    async close() {
      socket.close();
      await gone;
    },
  };
}

function send(socket: Socket, datagram: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    socket.send(datagram, () => resolve());
  });
}

// The real sender of a run: sockets, paced in real time.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { datagramsOf } from "./datagrams.mjs";

/**
 * Sends a plan.
 *
 * @param {import("../parts.mjs").Plan} plan
 * @param {number} port
 * @param {() => Promise<void>} whenFree resolves when the receiver has noticed the end of the connection
 * @returns {Promise<Map<number, number>>} when the turn of each picture came, ms: it was sent then, or was lost
 */
export async function send(plan, port, whenFree) {
  const turns = new Map();
  const pacer = new Pacer(plan.fps ?? 100);
  if (plan.transport === "udp") await sendDatagrams(plan, port, pacer, turns);
  else await sendParts(plan, port, pacer, turns, whenFree);
  return turns;
}

async function sendParts(plan, port, pacer, turns, whenFree) {
  const { parts, stream, transport, first = 0 } = plan;
  plan.sentBytes = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const open = transport === "ws" ? openWebSocket : openTcp;
  let connection = await open(port);
  const partAt = new Map(parts.map((part) => [part.position, part]));
  for (const { position } of stream.pictures.slice(first)) {
    await pacer.turn();
    turns.set(position, performance.now());
    const part = partAt.get(position);
    if (!part) continue;
    const { bytes, stall, cut } = part;
    if (stall) {
      await connection.write(bytes.subarray(0, stall.at));
      await sleep(stall.ms);
      pacer.delay(stall.ms);
    }
    await connection.write(stall ? bytes.subarray(stall.at) : bytes);
    if (cut) {
      await connection[cut]();
      await whenFree();
      connection = await open(port);
      pacer.restart();
    }
  }
  await connection.end();
}

/** Each datagram leaves with the last picture of which it has bytes. */
async function sendDatagrams(plan, port, pacer, turns) {
  const socket = createSocket("udp4");
  const datagrams = datagramsOf(plan);
  for (const { position } of plan.stream.pictures.slice(plan.first ?? 0)) {
    await pacer.turn();
    turns.set(position, performance.now());
    while (datagrams.length > 0 && datagrams[0].positions.at(-1) <= position) {
      const { bytes, isLost } = datagrams.shift();
      if (!isLost) await new Promise((resolve) => void socket.send(bytes, port, "127.0.0.1", resolve));
    }
  }
  for (const { bytes, isLost } of datagrams) {
    if (!isLost) await new Promise((resolve) => void socket.send(bytes, port, "127.0.0.1", resolve));
  }
  socket.close();
}

/** A turn each so many times a second. */
class Pacer {
  constructor(fps) {
    this.interval = 1000 / fps;
    this.restart();
  }

  restart() {
    this.due = performance.now();
  }

  delay(ms) {
    this.due += ms;
  }

  async turn() {
    this.due += this.interval;
    const wait = this.due - performance.now();
    if (wait > 0.5) await sleep(wait);
  }
}

async function openTcp(port) {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  socket.on("error", () => {}); // the receiver is gone: it shows in what it did not show
  socket.resume();
  return {
    write: (bytes) =>
      new Promise((resolve) => void (bytes.length > 0 ? socket.write(bytes, resolve) : resolve())),
    end: () => closed(socket, () => socket.end()),
    reset: () => closed(socket, () => socket.resetAndDestroy()),
  };
}

async function openWebSocket(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await once(socket, "open");
  socket.on("error", () => {});
  return {
    write: (bytes) => new Promise((resolve) => void socket.send(bytes, resolve)),
    end: () => closed(socket, () => socket.close(1000)),
    reset: () => closed(socket, () => socket.terminate()),
  };
}

async function closed(socket, close) {
  const isClosed = once(socket, "close");
  close();
  await isClosed;
}

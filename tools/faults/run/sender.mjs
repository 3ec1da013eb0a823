// The real sender of a run: sockets, paced in real time.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { datagramsOf } from "./datagrams.mjs";

/**
 * @import { Datagram, Part, Plan } from "../plan.mjs"
 *
 * @typedef {object} Sent
 * @property {Map<number, number>} turns when each picture was sent or lost, by position
 *   (`performance.now`)
 * @property {number} bytes that the receiver's system must have got
 * @property {(part: Part) => boolean} hasArrived true when something of the part arrived
 *
 * @typedef {object} Connection
 * @property {(bytes: Uint8Array) => Promise<void>} write
 * @property {() => Promise<void>} end
 * @property {() => Promise<void>} reset
 */

/**
 * Sends a plan.
 *
 * @param {Plan} plan
 * @param {number} port
 * @param {() => Promise<void>} whenFree resolves when the receiver has noticed the end of the
 *   connection
 * @returns {Promise<Sent>}
 */
export function send(plan, port, whenFree) {
  const pacer = new Pacer(plan.fps ?? 100);
  return plan.transport === "udp" ? sendDatagrams(plan, port, pacer) : sendParts(plan, port, pacer, whenFree);
}

/**
 * @param {Plan} plan
 * @param {number} port
 * @param {Pacer} pacer
 * @param {() => Promise<void>} whenFree
 * @returns {Promise<Sent>}
 */
async function sendParts({ parts, stream, transport, first = 0 }, port, pacer, whenFree) {
  const turns = new Map();
  const open = transport === "ws" ? openWebSocket : openTcp;
  let connection = await open(port);
  const partOf = new Map(parts.map((part) => [part.picture, part]));
  for (const picture of stream.pictures.slice(first)) {
    await pacer.turn();
    turns.set(picture.position, performance.now());
    const part = partOf.get(picture);
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
  return { turns, bytes: sumOfLengths(parts), hasArrived: () => true };
}

/**
 * Each datagram leaves with the last picture whose bytes it holds.
 *
 * @param {Plan} plan
 * @param {number} port
 * @param {Pacer} pacer
 * @returns {Promise<Sent>}
 */
async function sendDatagrams(plan, port, pacer) {
  const turns = new Map();
  const socket = createSocket("udp4");
  const datagrams = datagramsOf(plan);
  const arriving = datagrams.filter(({ isLost }) => !isLost);
  const arrived = new Set(arriving.flatMap(({ positions }) => positions));
  /** @param {Datagram} datagram */
  const send = ({ bytes, isLost }) =>
    new Promise((resolve) =>
      isLost ? resolve(undefined) : socket.send(bytes, port, "127.0.0.1", () => resolve(undefined)),
    );
  let next = 0;
  for (const { position } of plan.stream.pictures.slice(plan.first ?? 0)) {
    await pacer.turn();
    turns.set(position, performance.now());
    for (; ; next++) {
      const datagram = datagrams[next];
      if (!datagram || (datagram.positions.at(-1) ?? 0) > position) break;
      await send(datagram);
    }
  }
  for (const datagram of datagrams.slice(next)) await send(datagram);
  socket.close();
  const hasArrived = (/** @type {Part} */ { picture }) => arrived.has(picture.position);
  return { turns, bytes: sumOfLengths(arriving), hasArrived };
}

/** @param {readonly { bytes: Uint8Array }[]} items */
const sumOfLengths = (items) => items.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Gives a turn at a steady rate. */
class Pacer {
  #interval;
  #due = performance.now();

  /** @param {number} fps turns per second */
  constructor(fps) {
    this.#interval = 1000 / fps;
  }

  restart() {
    this.#due = performance.now();
  }

  /** @param {number} ms that all later turns come later */
  delay(ms) {
    this.#due += ms;
  }

  /** Resolves when the next turn is due. */
  async turn() {
    this.#due += this.#interval;
    const wait = this.#due - performance.now();
    if (wait > 0.5) await sleep(wait);
  }
}

/**
 * @param {number} port
 * @returns {Promise<Connection>}
 */
async function openTcp(port) {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  // When the receiver is gone, the pictures that it does not show say so.
  socket.on("error", () => {});
  socket.resume();
  return {
    write: (bytes) =>
      new Promise((resolve) => (bytes.length > 0 ? socket.write(bytes, () => resolve()) : resolve())),
    end: () => closed(socket, () => socket.end()),
    reset: () => closed(socket, () => socket.resetAndDestroy()),
  };
}

/**
 * @param {number} port
 * @returns {Promise<Connection>}
 */
async function openWebSocket(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await once(socket, "open");
  socket.on("error", () => {});
  return {
    write: (bytes) => new Promise((resolve) => socket.send(bytes, () => resolve())),
    end: () => closed(socket, () => socket.close(1000)),
    reset: () => closed(socket, () => socket.terminate()),
  };
}

/**
 * @param {import("node:events").EventEmitter} socket
 * @param {() => void} close
 */
async function closed(socket, close) {
  const isClosed = once(socket, "close");
  close();
  await isClosed;
}

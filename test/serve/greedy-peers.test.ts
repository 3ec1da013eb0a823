import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunningServer } from "../../dist/node/serve/index.js";
import { clipUnits, get, Peer, publishUnits, serve, sleep, wsUrl } from "./serve-kit.js";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function published() {
  const server = await serve();
  const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
  await publishUnits(ws, (await clipUnits()).slice(0, 5));
  await sleep(100);
  return server;
}

function connectTo(server: RunningServer): Socket {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  sockets.push(socket);
  return socket;
}

/** A WebSocket frame from a client (RFC 6455, 5.2), its mask all zeros. */
const frame = (opcode: number, text: string) =>
  Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

/** A viewer that never reads what it is sent. */
async function deafViewer(server: RunningServer): Promise<Socket> {
  const socket = connectTo(server);
  const key = randomBytes(16).toString("base64");
  const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13";
  socket.write(
    `GET /streams/cam/ws HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  await new Promise((resolve) => socket.once("data", resolve));
  return socket.pause();
}

const streamOf = async (server: RunningServer) => JSON.parse((await get(server, "/api/streams/cam")).text);

describe("a viewer that talks and does not read", () => {
  it.each([
    ["questions for the clock", frame(1, JSON.stringify({ type: "clock", sentAt: 1 }))],
    ["pings", frame(9, "a payload of some length, which each answer repeats in full")],
  ])(
    "gets no more answers than its bound, however many %s it sends",
    async (_, question) => {
      const server = await published();
      const socket = await deafViewer(server);
      const many = Buffer.concat(Array.from({ length: 10_000 }, () => question));
      let most = 0;
      for (let round = 0; round < 60; round++) {
        if (!socket.write(many))
          await Promise.race([new Promise((done) => socket.once("drain", done)), sleep(2000)]);
        const [session] = (await streamOf(server)).viewerSessions;
        most = Math.max(most, session?.waitingBytes ?? 0);
      }
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(1024 * 1024);
    },
    60_000,
  );
});

describe("readers on one connection", () => {
  it("leave with it: none keeps its place among the viewers", async () => {
    const server = await published();
    const viewers = async () => JSON.parse((await get(server, "/healthz")).text).viewers;
    for (const path of ["live.h264", "live.mp4", "live.mjpeg"]) {
      const socket = connectTo(server).resume();
      socket.write(`GET /streams/cam/${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(100));
      await vi.waitFor(async () => expect(await viewers()).toBe(1));
      await sleep(100);
      expect(await viewers()).toBe(1);
      socket.destroy();
      await vi.waitFor(async () => expect(await viewers()).toBe(0));
    }
  });
});

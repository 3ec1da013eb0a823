import { get as httpGet, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { clipUnits, get, Peer, publishUnits, serve, sleep, wsUrl } from "./serve-kit.js";

async function published(bounds: NonNullable<Parameters<typeof serve>[0]>["bounds"]) {
  const server = await serve({ bounds });
  return { server, ws: (await new Peer(wsUrl(server, "/publish/cam")).open()).ws };
}

describe("a reader over HTTP", () => {
  it("that reads nothing is disconnected like a viewer", async () => {
    const { server, ws } = await published({ viewerStallMs: 500, maxWaitingBytes: 1_000_000 });
    const units = await clipUnits("size=640x480&gop=15&frames=90&bitrate=20M");
    ws.send(units[0]!);
    await sleep(100);
    const sockets = ["live.h264", "live.mp4"].map((path) => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1").pause();
      return socket.write(`GET /streams/cam/${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`) && socket;
    });
    const viewers = async () => JSON.parse((await get(server, "/healthz")).text).viewers;
    while ((await viewers()) < 2) await sleep(20);
    for (let round = 0; round < 14; round++) await publishUnits(ws, units, 1);
    for (let tries = 0; (await viewers()) > 0 && tries < 40; tries++) await sleep(100);
    expect(await viewers()).toBe(0);
    expect(JSON.parse((await get(server, "/api/streams/cam")).text).sentBytes).toBeGreaterThan(500_000);
    for (const socket of sockets) if (socket) socket.destroy();
  }, 60_000);

  it("stays connected while it waits for a publisher", async () => {
    const { server, ws } = await published({ viewerStallMs: 100 });
    const units = await clipUnits();
    const response = await fetch(`${server.url}/streams/cam/live.h264`);
    const reader = response.body!.getReader();
    await sleep(500);
    ws.send(units[0]!);
    ws.send(units[1]!);
    expect((await reader.read()).value?.length).toBeGreaterThan(10);
    await reader.cancel();
  });

  it("counts in its stream's figures, with what it got and what it was too slow for", async () => {
    const { server, ws } = await published({ maxWaitingMs: 100 });
    const units = await clipUnits("size=640x480&gop=15&frames=90&bitrate=20M");
    const response = await new Promise<IncomingMessage>((resolve) =>
      httpGet(`${server.url}/streams/cam/live.h264`, resolve),
    );
    response.pause();
    for (let round = 0; round < 14; round++) await publishUnits(ws, units, 1);
    await sleep(200);
    response.resume();
    await publishUnits(ws, units, 2);
    response.destroy();
    const figures = JSON.parse((await get(server, "/api/streams/cam")).text);
    expect(figures.droppedForViewers).toBeGreaterThan(15);
    expect(figures.sentBytes).toBeGreaterThan(500_000);
  }, 60_000);
});

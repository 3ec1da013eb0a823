import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { RunningServer } from "../../dist/node/serve/server.js";
import { clipUnits, get, Peer, published, publishUnits, serve, sleep, Viewer, wsUrl } from "./serve-kit.js";

describe("bounds", () => {
  it("of streams", async () => {
    const { server } = await published({ bounds: { maxStreams: 1 } });
    const second = new Peer(wsUrl(server, "/publish/second"));
    await second.until(() => second.closed);
    expect(second.closed).toMatchObject({
      code: 4429,
      reason: expect.stringContaining("NALIVE_TOO_MANY_STREAMS"),
    });
    const { status, text } = await get(server, "/publish/third", { method: "POST", body: "x" });
    expect([status, JSON.parse(text).code]).toEqual([429, "NALIVE_TOO_MANY_STREAMS"]);
  });

  it("of viewers, however they watch", async () => {
    const { server } = await published({ bounds: { maxViewers: 2 } });
    await new Viewer(server, "cam").open();
    const reader = connect(Number(new URL(server.url).port), "127.0.0.1");
    reader.write("GET /streams/cam/live.h264 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(reader, "data");
    const third = new Viewer(server, "cam");
    await third.until(() => third.closed);
    expect(third.closed).toMatchObject({
      code: 4429,
      reason: expect.stringContaining("NALIVE_TOO_MANY_VIEWERS"),
    });
    expect((await get(server, "/streams/cam/live.mp4")).status).toBe(429);
    reader.destroy();
    for (let tries = 0; tries < 50; tries++) {
      if (JSON.parse((await get(server, "/healthz")).text).viewers === 1) break;
      await sleep(20);
    }
    expect((await (await new Viewer(server, "cam").open()).told("hello")).stream).toBe("cam");
  });

  it("of a message", async () => {
    const { server, peer, ws } = await published({ bounds: { maxMessageBytes: 1000 } });
    const viewer = await new Viewer(server, "cam").open();
    ws.send(Buffer.alloc(1001));
    await peer.until(() => peer.closed);
    expect(peer.closed).toMatchObject({
      code: 1009,
      reason: expect.stringContaining("more than 1000 bytes"),
    });
    expect((await viewer.told("gone")).reason).toContain("more than 1000 bytes (bounds.maxMessageBytes)");
  });

  it("of a NAL unit and of an access unit: the server drops and counts what exceeds them", async () => {
    const { server, ws, units } = await published({ bounds: { maxNalUnitBytes: 400, maxNalUnits: 3 } });
    const filler = Buffer.from([0, 0, 0, 1, 6, 5, 1, 0, 0x80]);
    await publishUnits(ws, [
      Buffer.concat([filler, filler, filler, filler, units[0]!]),
      ...units.slice(1, 5),
    ]);
    await sleep(100);
    const { issues } = JSON.parse((await get(server, "/api/streams/cam")).text);
    const codes = issues.map(({ code }: { code: string }) => code);
    expect(codes).toContain("nal-unit-too-long");
    expect(codes).toContain("access-unit-too-large");
  });

  it("of an access unit in bytes", async () => {
    const { server, ws, units } = await published({ bounds: { maxAccessUnitBytes: 500 } });
    await publishUnits(ws, units.slice(0, 5));
    await sleep(100);
    const { issues } = JSON.parse((await get(server, "/api/streams/cam")).text);
    expect(issues.map(({ code }: { code: string }) => code)).toContain("access-unit-too-large");
  });

  it("of the cache for new viewers: it holds no part of a larger group", async () => {
    const maxCacheBytes = 10_000;
    const { server, ws, units } = await published({ bounds: { maxCacheBytes } });
    const kept = async () => JSON.parse((await get(server, "/api/streams/cam")).text).cachedBytes as number;
    await publishUnits(ws, units.slice(0, 2));
    await sleep(100);
    expect(await kept()).toBeGreaterThan(0);
    await publishUnits(ws, units.slice(2, 30));
    await sleep(100);
    expect(await kept()).toBe(0);
    const viewer = await new Viewer(server, "cam").open();
    expect((await viewer.told("hello")).edge).toBeUndefined();
    const { issues } = JSON.parse((await get(server, "/api/streams/cam")).text);
    expect(issues).toMatchObject([{ code: "group-not-kept", count: 1 }]);
  });

  it("of a picture", async () => {
    const { peer, ws, units } = await published({ bounds: { maxPictureSamples: 320 * 240 - 1 } });
    await publishUnits(ws, units.slice(0, 3));
    await peer.until(() => peer.closed);
    expect(peer.closed).toMatchObject({
      code: 4413,
      reason: expect.stringContaining("NALIVE_PICTURE_TOO_LARGE"),
    });
    expect(JSON.parse(peer.texts[0]!).reason).toContain("pictures of 320x240");
  });

  it("of a publisher that sends nothing", async () => {
    const { peer } = await published({ bounds: { publisherIdleMs: 200 } });
    await peer.until(() => peer.closed);
    expect(peer.closed).toMatchObject({ code: 4408, reason: expect.stringContaining("NALIVE_IDLE") });
  });

  it("of a connection that sends no further request, or none at all", async () => {
    const closes = async (server: RunningServer, text: string) => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1").on("error", () => undefined);
      socket.resume();
      if (text) socket.write(text);
      await once(socket, "close");
    };
    const bounds = { httpIdleMs: 100 };
    const [plain, secure] = [await serve({ bounds }), await serve({ bounds, tls: "self-signed" })];
    const asked = performance.now();
    await Promise.all([
      closes(plain, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      closes(plain, "GET /healthz HTTP/1.1\r\nHost: lo"),
      closes(plain, ""),
      closes(secure, ""),
    ]);
    expect(performance.now() - asked).toBeLessThan(5000);
  });

  it("of a viewer that reads nothing", async () => {
    const { server, ws } = await published({ bounds: { viewerStallMs: 500, maxWaitingBytes: 1_000_000 } });
    const units = await clipUnits("size=640x480&gop=15&frames=90&bitrate=20M");
    const viewer = await new Viewer(server, "cam").open();
    await viewer.told("hello");
    viewer.ws.pause();
    for (let round = 0; round < 14; round++) await publishUnits(ws, units, 1);
    let viewers = 1;
    for (let tries = 0; viewers > 0 && tries < 40; tries++) {
      await sleep(100);
      viewers = JSON.parse((await get(server, "/healthz")).text).viewers;
    }
    expect(viewers).toBe(0);
    viewer.ws.resume();
  }, 60_000);
});

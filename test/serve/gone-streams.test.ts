import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { RunningServer } from "../../dist/node/serve/server.js";
import type { Stream } from "../../src/node/serve/api/schema.js";
import { makeClip } from "../source/kit/clip.js";
import { freePort, get, Peer, published, publishUnits, serve, sleep, Viewer, wsUrl } from "./serve-kit.js";

const streamsOf = async (server: RunningServer): Promise<Stream[]> =>
  JSON.parse((await get(server, "/api/streams")).text).streams;

/** Waits until the only stream of the server is as wanted. */
async function whenStream(server: RunningServer, isWanted: (stream: Stream) => boolean): Promise<Stream> {
  for (;;) {
    const [stream] = await streamsOf(server);
    if (stream && isWanted(stream)) return stream;
    await sleep(50);
  }
}

describe("a stream whose publisher is connected and sends nothing", () => {
  it("is silent in the API, the metrics and for viewers, and its publisher stays", async () => {
    const { server, ws, peer, units } = await published({ bounds: { publisherIdleMs: 500 } });
    await publishUnits(ws, units.slice(0, 5), 20);
    const viewer = await new Viewer(server, "cam").open();
    const { since } = await viewer.told("silent");
    expect(since).toBeGreaterThan(0);
    const [stream] = await streamsOf(server);
    expect(stream).toMatchObject({ state: "silent", publisher: { via: "websocket" } });
    expect(stream?.sinceSeconds).toBeGreaterThanOrEqual(3);
    expect(stream?.reason).toContain("sends no more pictures");
    const { text } = await get(server, "/metrics");
    expect(text).toContain('nalive_live{stream="cam"} 0');
    expect(text).toMatch(/nalive_silent_seconds\{stream="cam"\} [34]/);
    await sleep(1500);
    expect(peer.closed).toBeUndefined();
    await publishUnits(ws, units.slice(5, 7), 20);
    expect((await streamsOf(server))[0]?.state).toBe("live");
  }, 20_000);

  it("loses its publisher once that does not answer pings", async () => {
    const server = await serve({ bounds: { publisherIdleMs: 500 } });
    const dead = await new Peer(wsUrl(server, "/publish/cam"), { autoPong: false }).open();
    dead.ws.send((await makeClip("size=64x64&frames=1"))[0]!);
    await dead.until(() => dead.closed);
    expect(dead.closed?.reason).toContain("NALIVE_IDLE");
  }, 20_000);
});

describe("a stream whose publisher has left", () => {
  const gone = async () => {
    const { server, ws, units } = await published({ publish: { waitMs: 1 } });
    await publishUnits(ws, units.slice(0, 20), 10);
    const reading = fetch(`${server.url}/streams/cam/live.h264`).then((response) => response.arrayBuffer());
    const viewer = await new Viewer(server, "cam").open();
    await viewer.received(20);
    ws.close();
    // Readers end, viewers wait.
    await reading;
    expect(viewer.closed).toBeUndefined();
    return { server, units };
  };

  it("stays on the list with the reason, and gives its last picture to who joins, to its end", async () => {
    const { server, units } = await gone();
    expect(await streamsOf(server)).toMatchObject([
      { name: "cam", state: "waiting", reason: expect.stringContaining("left"), isPermanent: false },
    ]);
    const viewer = await new Viewer(server, "cam").open();
    await viewer.received(20);
    expect((await viewer.told("gone")).reason).toContain("left");
    const { text } = await get(server, "/streams/cam/live.h264");
    expect(text.length).toBeGreaterThan(0);
    const bytes = Buffer.from(await (await fetch(`${server.url}/streams/cam/live.h264`)).arrayBuffer());
    const last = units[19]!.subarray(units[19]!.length - 50);
    expect(bytes.subarray(-50).equals(last)).toBe(true);
    expect((await get(server, "/streams/cam/snapshot.jpg")).status).toBe(200);
  }, 20_000);

  it("goes on when somebody publishes it again, and goes when it is dismissed", async () => {
    const { server, units } = await gone();
    const viewer = await new Viewer(server, "cam").open();
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    await publishUnits(ws, units.slice(0, 5), 10);
    await viewer.told("back");
    const dismiss = () => get(server, "/api/streams/cam", { method: "DELETE" });
    expect((await dismiss()).status).toBe(409);
    ws.close();
    await viewer.told("gone");
    await whenStream(server, ({ state }) => state === "waiting");
    expect((await dismiss()).status).toBe(204);
    expect((await viewer.told("bye")).reason).toBe("cam was dismissed");
    expect(await streamsOf(server)).toEqual([]);
  }, 20_000);

  it("makes room for a new one where there are too many", async () => {
    const { server, ws } = await published({ publish: { waitMs: 1 }, bounds: { maxStreams: 1 } });
    ws.close();
    await sleep(1500);
    const other = await new Peer(wsUrl(server, "/publish/other")).open();
    await other.until(() => other.ws.readyState === other.ws.OPEN);
    expect((await streamsOf(server)).map(({ name }) => name)).toEqual(["other"]);
    const third = new Peer(wsUrl(server, "/publish/third"));
    await third.until(() => third.closed);
    expect(third.closed?.code).toBe(4429);
  }, 20_000);
});

describe("a source says in the API why it is down:", () => {
  it("nobody listens", async () => {
    const port = await freePort();
    const server = await serve({ sources: { cam: `tcp://127.0.0.1:${port}` } });
    const { reason, isPermanent } = await whenStream(server, (stream) => stream.reason !== undefined);
    expect(reason).toBe(`Nothing listens on 127.0.0.1:${port} (connection refused)`);
    expect(isPermanent).toBe(true);
    const viewer = await new Viewer(server, "cam").open();
    expect((await viewer.told("gone")).reason).toBe(reason);
  });

  it("it sends something other than H.264, and goes on being wrong", async () => {
    const packet = Buffer.alloc(188, 0xff);
    packet.set([0x47, 0x40, 0, 0x10]);
    const sender = createServer((socket) =>
      socket.on("error", () => undefined).end(Buffer.concat(Array(20).fill(packet))),
    );
    sender.listen(0, "127.0.0.1");
    await once(sender, "listening");
    const { port } = sender.address() as { port: number };
    const server = await serve({ sources: { cam: `tcp://127.0.0.1:${port}` } });
    for (let look = 0; look < 3; look++) {
      const { reason } = await whenStream(server, ({ state }) => state === "waiting");
      expect(reason).toContain("MPEG transport stream");
      await sleep(300);
    }
    sender.close();
  }, 20_000);
});

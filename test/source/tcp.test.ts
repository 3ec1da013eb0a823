import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { SourceState } from "../../src/node/source/source.js";
import { startSource } from "./kit/open-sources.js";
import { pattern } from "./kit/recording-sink.js";

async function sender(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

async function listen(
  onSocket: (socket: Socket) => void,
  port = 0,
): Promise<{ server: Server; port: number }> {
  const server = createServer(onSocket).listen(port, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as { port: number }).port };
}

const isRefusal = (event: SourceState) =>
  event.type === "retrying" && /refused/.test(event.error?.message ?? "");

describe("tcp with ?listen", () => {
  it("delivers bytes unchanged and in order", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const sent = pattern(3_000_000);
    (await sender(await sink.port())).end(sent);
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.bytes().equals(sent)).toBe(true);
    expect(sink.sessions[0]).toMatchObject({ epoch: 0, reason: undefined });
    expect(sink.sessions[0]?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it("gives chunks their times in order of arrival, and never changes their bytes", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const copies: Buffer[] = [];
    sink.onPush = () => copies.push(Buffer.from(sink.sessions[0]!.chunks.at(-1)!.data));
    const socket = await sender(await sink.port());
    for (let n = 1; n <= 50; n++) {
      socket.write(pattern(1000, n));
      await sink.bytesOf(0, n * 1000);
    }
    socket.destroy();
    const chunks = sink.sessions[0]!.chunks;
    expect(chunks.map(({ data }) => Buffer.from(data))).toEqual(copies);
    expect(chunks.map((chunk) => chunk.receivedAt)).toEqual(
      chunks.map((chunk) => chunk.receivedAt).sort((a, b) => a - b),
    );
    expect(chunks[0]?.framing).toBe("none");
  });

  it("continues to listen after a sender disconnects", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const port = await sink.port();
    for (const epoch of [0, 1, 2]) {
      (await sender(port)).end(pattern(10, epoch));
      await sink.until(() => sink.sessions[epoch]?.ended);
      expect(sink.bytes(epoch)).toEqual(pattern(10, epoch));
      expect(sink.sessions[epoch]?.epoch).toBe(epoch);
    }
    expect(sink.closed).toBeUndefined();
  });

  it("ends the session with the reason when the sender resets it, and continues to listen", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const port = await sink.port();
    const socket = await sender(port);
    socket.write("abc");
    await sink.bytesOf(0, 3);
    socket.resetAndDestroy();
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.sessions[0]?.reason).toMatchObject({ code: "NALIVE_CONNECTION_LOST" });
    expect(sink.sessions[0]?.reason?.message).toMatch(/reset/);
    (await sender(port)).end("def");
    expect((await sink.bytesOf(1, 3)).toString()).toBe("def");
  });

  it("refuses a second sender while one is connected", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const port = await sink.port();
    const first = await sender(port);
    first.write("a");
    await sink.bytesOf(0, 1);
    const second = await sender(port);
    second.on("error", () => {});
    await once(second.resume(), "close");
    expect(await sink.stateOf("refused")).toMatchObject({ why: expect.stringContaining("?takeover") });
    first.end("b");
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.bytes().toString()).toBe("ab");
    expect(sink.sessions).toHaveLength(1);
  });

  it("with ?takeover lets the newest sender win", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen&takeover");
    const port = await sink.port();
    const first = await sender(port);
    first.on("error", () => {});
    first.write("old");
    await sink.bytesOf(0, 3);
    const second = await sender(port);
    second.write("new");
    expect((await sink.bytesOf(1, 3)).toString()).toBe("new");
    expect(sink.sessions[0]?.reason?.message).toMatch(/took over/);
    await once(first.resume(), "close");
  });

  it("names the port that is in use and what to do", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const port = await sink.port();
    const second = startSource(`tcp://127.0.0.1:${port}?listen`);
    const reason = await second.sink.closeReason();
    expect(reason).toMatchObject({ code: "NALIVE_PORT_IN_USE" });
    expect(reason?.message).toContain(`Port ${port} is in use`);
    expect(reason?.message).toMatch(/choose another|end the program/);
  });

  it("reports an address that is not one of this machine", async () => {
    const { sink } = startSource("tcp://192.0.2.1:0?listen");
    expect(await sink.closeReason()).toMatchObject({ code: "NALIVE_LISTEN_FAILED" });
  });

  it("without reconnect ends when the first sender disconnects, and frees the port", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen", { reconnect: false });
    const port = await sink.port();
    (await sender(port)).end("x");
    expect(await sink.closeReason()).toBeUndefined();
    expect(sink.bytes().toString()).toBe("x");
    const { server } = await listen(() => {}, port);
    server.close();
  });

  it("stops at once, also before it listens, and stays stopped", async () => {
    const { source, sink } = startSource("tcp://127.0.0.1:0?listen");
    await Promise.all([source.stop(), source.stop()]);
    expect(sink.closed).toEqual({ reason: undefined });
    expect(sink.sessions).toEqual([]);
  });

  it("stops in the middle of a stream: ends the session, disconnects the sender, frees the port", async () => {
    const { source, sink } = startSource("tcp://127.0.0.1:0?listen");
    const port = await sink.port();
    const socket = await sender(port);
    socket.on("error", () => {}).resume();
    socket.write("x");
    await sink.bytesOf(0, 1);
    const gone = once(socket, "close");
    await source.stop();
    expect(sink.sessions[0]).toMatchObject({ ended: true, reason: undefined });
    await gone;
    const { server } = await listen(() => {}, port);
    server.close();
  });

  it("makes the sender wait while it is paused", async () => {
    const { source, sink } = startSource("tcp://127.0.0.1:0?listen");
    const socket = await sender(await sink.port());
    socket.write("x");
    await sink.bytesOf(0, 1);
    source.pause();
    const sent = pattern(20_000_000);
    let taken = false;
    socket.write(sent, () => {
      taken = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(taken).toBe(false);
    expect(sink.bytes().length).toBeLessThan(1_000_000);
    source.resume();
    await sink.until(
      () => sink.sessions[0]!.chunks.reduce((sum, { data }) => sum + data.length, 0) > sent.length,
    );
    expect(sink.bytes().subarray(1).equals(sent)).toBe(true);
    socket.destroy();
  });
});

describe("tcp", () => {
  it("connects and delivers bytes unchanged", async () => {
    const sent = pattern(1_000_000);
    const { server, port } = await listen((socket) => socket.end(sent));
    const { sink } = startSource(`tcp://127.0.0.1:${port}`, { reconnect: false });
    expect(await sink.closeReason()).toBeUndefined();
    expect(sink.bytes().equals(sent)).toBe(true);
    expect(sink.states.map(({ type }) => type)).toEqual(["connecting", "connected", "ended"]);
    server.close();
  });

  it("connects again when the server comes back", async () => {
    const sockets: Socket[] = [];
    const first = await listen((socket) => {
      sockets.push(socket);
      socket.on("error", () => {}).write("one");
    });
    const { sink } = startSource(`tcp://127.0.0.1:${first.port}`);
    await sink.bytesOf(0, 3);
    first.server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await sink.until(() => sink.sessions[0]?.ended);
    // Nothing listens now: the next attempt fails.
    await sink.until(() => sink.states.find(isRefusal));
    const second = await listen((socket) => socket.end("two"), first.port);
    expect((await sink.bytesOf(1, 3)).toString()).toBe("two");
    expect(sink.sessions[1]?.epoch).toBe(1);
    second.server.close();
  });

  it("reports that nothing listens, and waits longer each time", async () => {
    const { server, port } = await listen(() => {});
    server.close();
    await once(server, "close");
    const { sink } = startSource(`tcp://127.0.0.1:${port}`);
    const waits = await sink.until(() => {
      const found = sink.states.flatMap((event) => (event.type === "retrying" ? [event.inMs] : []));
      return found.length >= 2 && found;
    });
    expect(waits[0]).toBeGreaterThanOrEqual(250);
    expect(waits[0]).toBeLessThan(320);
    expect(waits[1]).toBeGreaterThanOrEqual(500);
    expect(await sink.stateOf("retrying")).toMatchObject({
      error: {
        code: "NALIVE_CONNECT_FAILED",
        message: `Nothing listens on 127.0.0.1:${port} (connection refused)`,
      },
    });
  });

  it("without reconnect ends when the connection fails", async () => {
    const { server, port } = await listen(() => {});
    server.close();
    await once(server, "close");
    const { sink } = startSource(`tcp://127.0.0.1:${port}`, { reconnect: false });
    expect(await sink.closeReason()).toMatchObject({ code: "NALIVE_CONNECT_FAILED" });
  });

  it("reports an unknown host", async () => {
    const { sink } = startSource("tcp://no-such-host.invalid:5000", { reconnect: false });
    const reason = await sink.closeReason();
    expect(reason).toMatchObject({ code: "NALIVE_HOST_NOT_FOUND" });
    expect(reason?.message).toContain('"no-such-host.invalid"');
  });

  it("stops while it waits for the next attempt", async () => {
    const { source, sink } = startSource("tcp://127.0.0.1:1");
    await sink.stateOf("retrying");
    await source.stop();
    expect(sink.closed).toEqual({ reason: undefined });
  });
});

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Clock, type Microseconds, microseconds } from "../../src/core/time.js";
import { openSource } from "../../src/node/source/open-source.js";
import { startSource } from "./kit/open-sources.js";
import type { RecordingSink } from "./kit/recording-sink.js";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** Another address of this machine, so that two senders can be told apart. */
const otherAddress = "127.0.0.2";

/** @param address of the sender; each sender has its own port */
async function sender(port: number, address = "127.0.0.1"): Promise<(text: string) => Promise<void>> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.bind(0, address);
  await once(socket, "listening");
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  return (text) => new Promise((resolve) => socket.send(text, () => resolve()));
}

const texts = (sink: RecordingSink, session: number) =>
  sink.sessions[session]?.chunks.map(({ data }) => Buffer.from(data).toString()) ?? [];

/** Time stands still until a test moves it. */
class ManualClock implements Clock {
  time = 0;
  readonly #timers = new Set<{ at: number; fire: () => void }>();
  now(): Microseconds {
    return microseconds(this.time);
  }
  startTimer(delay: Microseconds, fire: () => void): () => void {
    const timer = { at: this.time + delay, fire };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
  advance(ms: number): void {
    this.time += ms * 1000;
    for (const timer of this.#timers) {
      if (timer.at > this.time) continue;
      this.#timers.delete(timer);
      timer.fire();
    }
  }
}

describe("udp", () => {
  it("delivers each datagram as a chunk", async () => {
    const { sink } = startSource("udp://127.0.0.1:0");
    const send = await sender(await sink.port());
    for (const text of ["one", "two", "three"]) await send(text);
    await sink.until(() => sink.sessions[0]?.chunks.length === 3);
    expect(texts(sink, 0)).toEqual(["one", "two", "three"]);
    expect(sink.sessions[0]?.chunks[0]?.framing).toBe("datagram");
  });

  it("drops datagrams while it is paused, and reports how many", async () => {
    const { source, sink } = startSource("udp://127.0.0.1:0");
    const send = await sender(await sink.port());
    await send("one");
    await sink.until(() => sink.sessions[0]?.chunks.length === 1);
    source.pause();
    for (const text of ["two", "three"]) await send(text);
    await delay(100);
    source.resume();
    expect(sink.states.at(-1)).toEqual({
      type: "notice",
      message: "2 datagrams were dropped: decoding fell behind",
    });
    await send("four");
    await sink.until(() => sink.sessions[0]?.chunks.length === 2);
    expect(texts(sink, 0)).toEqual(["one", "four"]);
  });

  it("does not count its sender as silent while it is paused", async () => {
    const clock = new ManualClock();
    const { source, sink } = startSource("udp://127.0.0.1:0", { clock, reconnect: false });
    const port = await sink.port();
    const [send, other] = [await sender(port), await sender(port, otherAddress)];
    await send("a");
    await sink.bytesOf(0, 1);
    source.pause();
    clock.advance(1500);
    await send("b");
    await delay(100);
    clock.advance(1500);
    expect(sink.closed).toBeUndefined();
    source.resume();
    await other("too early");
    await sink.stateOf("refused");
  });

  it("can be stopped by a sink that hears that it listens", async () => {
    const source = openSource("udp://127.0.0.1:0");
    const told: string[] = [];
    await new Promise<void>((resolve) => {
      source.start({
        begin: () => told.push("begin"),
        push: () => told.push("push"),
        end: () => told.push("end"),
        state: ({ type }) => {
          told.push(type);
          void source.stop().then(resolve);
        },
        close: () => told.push("close"),
      });
    });
    expect(told).toEqual(["listening", "close"]);
  });

  it("reports the actual size of the receive buffer", async () => {
    const { sink } = startSource("udp://127.0.0.1:0?rcvbuf=64K");
    expect(await sink.stateOf("notice")).toEqual({ type: "notice", message: "receive buffer 64 KiB" });
    const { sink: large } = startSource("udp://127.0.0.1:0?rcvbuf=1G");
    expect((await large.stateOf("notice")).message).toMatch(
      /^receive buffer \d+ KiB of the 1048576 KiB asked for: .*rmem_max/,
    );
  });

  it("stays with the first of two senders, and accepts the other after two seconds of silence", async () => {
    const clock = new ManualClock();
    const { sink } = startSource("udp://127.0.0.1:0", { clock });
    const port = await sink.port();
    const [first, second] = [await sender(port), await sender(port, otherAddress)];
    await first("a");
    await sink.bytesOf(0, 1);
    clock.advance(1900);
    await second("too early");
    expect(await sink.stateOf("refused")).toMatchObject({
      peer: expect.stringMatching(/^127\.0\.0\.2:\d+$/),
      why: "127.0.0.1 is sending: another sender may replace it after 2 s of silence",
    });
    await second("too early");
    await first("b");
    await sink.bytesOf(0, 2);
    clock.advance(2000);
    await second("c");
    await sink.bytesOf(1, 1);
    expect(texts(sink, 0)).toEqual(["a", "b"]);
    expect(texts(sink, 1)).toEqual(["c"]);
    expect(sink.states.filter(({ type }) => type === "refused")).toHaveLength(1);
    expect(sink.sessions[0]).toMatchObject({ ended: true, reason: undefined });
    expect(sink.sessions[1]?.epoch).toBe(1);
  });

  it("takes datagrams that each come from a new port of one address for one sender", async () => {
    const { sink } = startSource("udp://127.0.0.1:0");
    const port = await sink.port();
    for (const text of ["a", "b", "c", "d"]) {
      const send = await sender(port);
      await send(text);
    }
    await sink.bytesOf(0, 4);
    expect(texts(sink, 0)).toEqual(["a", "b", "c", "d"]);
    expect(sink.sessions).toHaveLength(1);
    expect(sink.states.filter(({ type }) => type === "refused")).toEqual([]);
  });

  it("continues with the same sender after any silence", async () => {
    const clock = new ManualClock();
    const { sink } = startSource("udp://127.0.0.1:0", { clock });
    const send = await sender(await sink.port());
    await send("a");
    await sink.bytesOf(0, 1);
    clock.advance(60_000);
    await send("b");
    await sink.bytesOf(0, 2);
    expect(sink.sessions).toHaveLength(1);
  });

  it("without reconnect ends after two seconds of silence", async () => {
    const clock = new ManualClock();
    const { sink } = startSource("udp://127.0.0.1:0", { clock, reconnect: false });
    const send = await sender(await sink.port());
    await send("a");
    await sink.bytesOf(0, 1);
    clock.advance(1500);
    await send("b");
    await sink.bytesOf(0, 2);
    clock.advance(500);
    expect(sink.closed).toBeUndefined();
    clock.advance(1500);
    expect(sink.closed).toEqual({ reason: undefined });
  });

  it("joins the group when the address is multicast", async () => {
    const { sink } = startSource("udp://239.255.77.1:0?interface=127.0.0.1");
    const port = await sink.port();
    const socket = createSocket("udp4");
    sockets.push(socket);
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    socket.setMulticastInterface("127.0.0.1");
    socket.send("to the group", port, "239.255.77.1");
    expect((await sink.bytesOf(0, 12)).toString()).toBe("to the group");
  });

  it("names the port that is in use", async () => {
    const { sink } = startSource("udp://127.0.0.1:0");
    const port = await sink.port();
    const second = startSource(`udp://127.0.0.1:${port}`);
    const reason = await second.sink.closeReason();
    expect(reason).toMatchObject({ code: "NALIVE_PORT_IN_USE" });
    expect(reason?.message).toContain(`Port ${port} is in use`);
  });

  it("reports an address that is not one of this machine", async () => {
    const { sink } = startSource("udp://192.0.2.1:5000");
    expect(await sink.closeReason()).toMatchObject({ code: "NALIVE_LISTEN_FAILED" });
  });

  it("stops before it is bound", async () => {
    const { source, sink } = startSource("udp://127.0.0.1:0");
    await source.stop();
    expect(sink.closed).toEqual({ reason: undefined });
  });
});

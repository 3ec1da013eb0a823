import { getEventListeners, once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { SourceState } from "../../src/node/source/source.js";
import type { OpenOutlet } from "../../src/node/target/dialing-target.js";
import { openTarget } from "../../src/node/target/open-target.js";
import type { PictureToSend } from "../../src/node/target/paced-sender.js";
import { PacedSender, type PacedSenderOptions } from "../../src/node/target/paced-sender.js";
import { openSocketOutlet } from "../../src/node/target/socket-target.js";
import type { Target, TargetOptions } from "../../src/node/target/target.js";
import { openWsOutlet } from "../../src/node/target/ws-target.js";
import { startSource } from "./kit/open-sources.js";
import { pattern } from "./kit/recording-sink.js";

const folder = mkdtempSync(join(tmpdir(), "nalive-target-"));
afterAll(() => rmSync(folder, { recursive: true }));

const targets: Target[] = [];
afterEach(async () => {
  for (const target of targets.splice(0)) await target.close();
});

/** Starts a target, which is closed after the test, and returns it with its port. */
function start(
  url: string,
  options: TargetOptions = {},
): { target: Target; port: Promise<number>; states: SourceState[] } {
  let told!: (port: number) => void;
  const port = new Promise<number>((resolve) => {
    told = resolve;
  });
  const states: SourceState[] = [];
  const target = openTarget(url, {
    ...options,
    onState(event) {
      states.push(event);
      if (event.type === "listening") told(event.port ?? 0);
    },
  });
  targets.push(target);
  return { target, port, states };
}

const picture = (n: number, length = 5000): PictureToSend => ({ data: pattern(length, n) });
const film = [1, 2, 3, 4].map((n) => picture(n));
const filmBytes = Buffer.concat(film.map(({ data }) => data));

function play(target: Target, options: Partial<PacedSenderOptions> = {}): PacedSender {
  return new PacedSender(target, { fps: 100, ...options });
}

describe("a target", () => {
  it("sends to a TCP source that listens", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const { target } = start(`tcp://127.0.0.1:${await sink.port()}`);
    expect(await play(target).run(() => film)).toEqual({ pictures: 4, bytes: 20_000 });
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.bytes().equals(filmBytes)).toBe(true);
    expect(sink.sessions[0]?.reason).toBeUndefined();
  });

  it("listens on TCP and sends to all receivers", async () => {
    const { target, port } = start("tcp://127.0.0.1:0?listen");
    const ready = target.ready();
    const sinks = [0, 1].map(
      async () => startSource(`tcp://127.0.0.1:${await port}`, { reconnect: false }).sink,
    );
    expect(await ready).toBe(true);
    const [first, second] = await Promise.all(sinks);
    await Promise.all([first, second].map((sink) => sink!.stateOf("connected")));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await target.write(filmBytes);
    await target.close();
    for (const sink of [first!, second!]) {
      expect(await sink.closeReason()).toBeUndefined();
      expect(sink.bytes().equals(filmBytes)).toBe(true);
    }
  });

  it("sends a picture in one WebSocket message, connecting or listening", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/camera?listen");
    await play(start(`ws://127.0.0.1:${await sink.port()}/camera`).target).run(() => film);
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.sessions[0]?.reason).toBeUndefined();
    expect(sink.sessions[0]?.chunks.map(({ data }) => Buffer.from(data))).toEqual(
      film.map(({ data }) => data),
    );

    const { target, port } = start("ws://127.0.0.1:0/camera?listen");
    const done = play(target).run(() => film);
    const receiver = startSource(`ws://127.0.0.1:${await port}/camera`, { reconnect: false }).sink;
    await done;
    expect(await receiver.closeReason()).toBeUndefined();
    expect(receiver.bytes().equals(filmBytes)).toBe(true);
  });

  it("cuts a picture into datagrams", async () => {
    const { sink } = startSource("udp://127.0.0.1:0");
    const port = await sink.port();
    await play(start(`udp://127.0.0.1:${port}?datagram=1000`).target).run(() => [picture(1, 2500)]);
    await sink.bytesOf(0, 2500);
    expect(sink.sessions[0]?.chunks.map(({ data }) => data.length)).toEqual([1000, 1000, 500]);
    expect(sink.bytes().equals(pattern(2500))).toBe(true);
  });

  it("sends datagrams whether or not anything receives them", async () => {
    const { target } = start("udp://127.0.0.1:1");
    await target.ready();
    for (let n = 0; n < 5; n++) await target.write(pattern(100));
  });

  it("sends through a Unix socket, connecting or listening", async () => {
    const path = join(folder, "target.sock");
    const { sink } = startSource(`unix:${path}?listen`);
    await sink.stateOf("listening");
    await play(start(`unix:${path}`).target).run(() => film);
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.bytes().equals(filmBytes)).toBe(true);

    const other = join(folder, "listening.sock");
    const { target, port } = start(`unix:${other}?listen`);
    const done = play(target).run(() => film);
    await port;
    const receiver = startSource(`unix:${other}`, { reconnect: false }).sink;
    await done;
    await receiver.closeReason();
    expect(receiver.bytes().equals(filmBytes)).toBe(true);
  });

  it("writes a file", async () => {
    const path = join(folder, "copy.h264");
    await play(start(path).target, { fps: 1000 }).run(() => film);
    expect(readFileSync(path).equals(filmBytes)).toBe(true);
  });

  it("says why a file cannot be written", async () => {
    await expect(start("/no/such/folder/copy.h264").target.ready()).rejects.toMatchObject({
      code: "NALIVE_OUTPUT_FAILED",
      message: "Cannot write to /no/such/folder/copy.h264: its folder does not exist",
    });
  });

  it("names the port that is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await expect(start(`tcp://127.0.0.1:${port}?listen`).target.ready()).rejects.toMatchObject({
      code: "NALIVE_PORT_IN_USE",
    });
    server.close();
  });

  it("without reconnect fails when nothing listens", async () => {
    const { target } = start("tcp://127.0.0.1:1", { reconnect: false });
    await expect(play(target).run(() => film)).rejects.toMatchObject({ code: "NALIVE_CONNECT_FAILED" });
  });

  it("frees every failed attempt when nothing listens", async () => {
    const open: OpenOutlet[] = [
      openSocketOutlet({ host: "127.0.0.1", port: 1 }, () => {}),
      openWsOutlet(
        "ws://127.0.0.1:1/",
        "127.0.0.1:1",
        () => {},
        () => {},
      ),
    ];
    const { signal } = new AbortController();
    for (const attempt of open)
      await expect(attempt(signal)).rejects.toMatchObject({ code: "NALIVE_CONNECT_FAILED" });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("closes while it waits for a receiver", async () => {
    for (const url of [
      "tcp://127.0.0.1:0?listen",
      "tcp://127.0.0.1:1",
      "ws://127.0.0.1:1/",
      "ws://127.0.0.1:0/?listen",
    ]) {
      const { target } = start(url);
      const ready = target.ready();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await target.close();
      expect(await ready).toBe(false);
    }
  });
});

describe("PacedSender", () => {
  it("keeps its mean rate, whatever the work between pictures", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const { target } = start(`tcp://127.0.0.1:${await sink.port()}`);
    async function* slowly() {
      for (let n = 0; n < 31; n++) {
        const until = performance.now() + 5;
        while (performance.now() < until);
        yield picture(n, 10);
      }
    }
    const before = performance.now();
    await play(target, { fps: 50 }).run(slowly);
    const took = performance.now() - before;
    expect(took).toBeGreaterThan(590);
    expect(took).toBeLessThan(800);
  });

  it("cuts each picture into pieces of at most `chunkBytes`", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/?listen");
    const { target } = start(`ws://127.0.0.1:${await sink.port()}/`);
    await play(target, { chunkBytes: 3000 }).run(() => film);
    await sink.until(() => sink.sessions[0]?.ended);
    const pieces = film.flatMap(({ data }) => {
      const whole = Math.floor(data.length / 3000);
      const rest = data.length % 3000;
      return [...Array<number>(whole).fill(3000), ...(rest > 0 ? [rest] : [])];
    });
    expect(sink.sessions[0]?.chunks.map(({ data }) => data.length)).toEqual(pieces);
    expect(sink.bytes().equals(filmBytes)).toBe(true);
  });

  it("loops until it is stopped", async () => {
    const { sink } = startSource("tcp://127.0.0.1:0?listen");
    const sender = play(start(`tcp://127.0.0.1:${await sink.port()}`).target, { fps: 500, loop: true });
    const done = sender.run(() => film);
    await sink.bytesOf(0, 50_000);
    sender.stop();
    const { bytes } = await done;
    expect(bytes).toBeGreaterThanOrEqual(50_000);
    await sink.until(() => sink.sessions[0]?.ended);
    const received = sink.bytes();
    for (let at = 0; at + 20_000 <= received.length; at += 20_000)
      expect(received.subarray(at, at + 20_000).equals(filmBytes)).toBe(true);
  });

  it("restarts when its receiver disconnects and another one connects", async () => {
    const { target, port } = start("tcp://127.0.0.1:0?listen");
    const sender = play(target, { fps: 200, loop: true });
    const done = sender.run(() => film);
    const first = connect(await port, "127.0.0.1").on("error", () => {});
    await once(first, "data");
    first.destroy();
    await once(first, "close");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { sink } = startSource(`tcp://127.0.0.1:${await port}`, { reconnect: false });
    expect((await sink.bytesOf(0, 20_000)).subarray(0, 20_000).equals(filmBytes)).toBe(true);
    sender.stop();
    await done;
  });

  it("without reconnect ends with the reason when its receiver disconnects", async () => {
    const { target, port } = start("tcp://127.0.0.1:0?listen", { reconnect: false });
    const done = play(target, { loop: true }).run(() => film);
    const failure = expect(done).rejects.toMatchObject({ code: "NALIVE_CONNECTION_LOST" });
    const receiver = connect(await port, "127.0.0.1").on("error", () => {});
    await once(receiver, "data");
    receiver.destroy();
    await failure;
  });

  it("stops while it waits for a receiver", async () => {
    const sender = play(start("tcp://127.0.0.1:0?listen").target);
    const done = sender.run(() => film);
    sender.stop();
    expect(await done).toEqual({ pictures: 0, bytes: 0 });
  });
});

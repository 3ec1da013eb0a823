import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { concat } from "../support/bytes.js";
import {
  clip,
  connected,
  listening,
  look,
  lookAtAll,
  md5sOf,
  numbersOf,
  open,
  randomCuts,
  readNumber,
  reference,
  type Seen,
  sendPieces,
  small,
  smallWithB,
  upTo,
  withB,
} from "./stream-kit.js";

describe("a sender over TCP", () => {
  it.each([
    ["one byte at a time", (bytes: Uint8Array) => randomCuts(bytes, 1)],
    ["cut at random", (bytes: Uint8Array) => randomCuts(bytes, 900)],
    ["all at once", (bytes: Uint8Array) => [bytes]],
  ])("%s: every picture, equal to the file's", async (_how, pieces) => {
    const source = await clip(small);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen", {
      delivery: "every",
      reconnect: false,
    });
    const seen = lookAtAll(stream);
    await sendPieces(port, pieces(source.bytes));
    expect(md5sOf(await seen)).toEqual(await reference(source));
  });

  it("with B pictures: every picture once and in order", async () => {
    const { units } = await clip(withB);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen", {
      delivery: "every",
      reconnect: false,
    });
    const seen = lookAtAll(stream);
    await sendPieces(port, units);
    expect(numbersOf(await seen)).toEqual(upTo(61));
  });

  it("gives a picture when its last byte has come, although nothing follows", async () => {
    const { units } = await clip(small);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen", { delivery: "every" });
    const socket = await connected(port);
    for (const [number, unit] of units.slice(0, 10).entries()) {
      socket.write(unit);
      const { value } = await stream.next();
      expect(readNumber(value!)).toBe(number);
      // A silence tells an end only where it is shorter than the time between pictures.
      await delay(33);
    }
    await stream.close();
    socket.destroy();
  });

  it.each([
    ["a P picture each", small],
    ["B pictures", smallWithB],
  ])("that stalls 30 ms inside pictures (%s): every picture, equal to the file's", async (_what, options) => {
    const source = await clip(options);
    const { stream, port, states } = await listening("tcp://127.0.0.1:0?listen", {
      delivery: "every",
      reconnect: false,
    });
    const seen = lookAtAll(stream);
    const socket = await connected(port);
    for (const [number, unit] of source.units.entries()) {
      if (number % 2 === 1) {
        const at = Math.floor((unit.length * (number % 5)) / 5) + 1;
        socket.write(unit.subarray(0, at));
        await delay(30);
        socket.write(unit.subarray(at));
      } else socket.write(unit);
      await delay(5);
    }
    socket.end();
    expect(md5sOf(await seen)).toEqual(await reference(source));
    expect(states.all.filter(({ type }) => type === "notice")).toEqual([]);
  });

  it("leaves, and another comes: its pictures follow with the next epoch", async () => {
    const first = await clip(small);
    const second = await clip("size=160x120&frames=15&gop=15&bitrate=200k");
    const { stream, port, states } = await listening("tcp://127.0.0.1:0?listen", { delivery: "every" });
    const frames: (Seen & { width: number })[] = [];
    const reading = (async () => {
      for await (const frame of stream) {
        frames.push({ ...look(frame), width: frame.width });
        if (frame.provenance.epoch === 1 && readNumber(frame) === 14) break;
      }
    })();
    await sendPieces(port, [first.bytes]);
    await states.until("ended");
    await sendPieces(port, [second.bytes]);
    await reading;
    expect(frames.filter(({ epoch }) => epoch === 0).map(({ number }) => number)).toEqual(upTo(40));
    expect(frames.filter(({ epoch }) => epoch === 1).map(({ number }) => number)).toEqual(upTo(15));
    expect(frames.at(-1)?.width).toBe(160);
    const sequences = frames.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
  });

  it("resets in the middle of a picture: the next sender's pictures are whole", async () => {
    const source = await clip(small);
    const { stream, port, states } = await listening("tcp://127.0.0.1:0?listen", { delivery: "every" });
    const seen: Seen[] = [];
    const reading = (async () => {
      for await (const frame of stream) {
        const one = look(frame);
        seen.push(one);
        if (one.epoch === 1 && one.number === 39) break;
      }
    })();
    const socket = await connected(port);
    socket.write(concat(...source.units.slice(0, 5), source.units[5]!.subarray(0, 40)));
    await states.until("connected");
    while (seen.length < 5) await delay(5);
    socket.resetAndDestroy();
    expect((await states.until("ended")).reason?.message).toMatch(/reset/);
    await sendPieces(port, [source.bytes]);
    await reading;
    const expected = await reference(source);
    for (const { number, md5 } of seen) expect(md5).toBe(expected[number]);
    expect(numbersOf(seen.filter(({ epoch }) => epoch === 1))).toEqual(upTo(40));
  });

  it("is connected to, and connected to again when it breaks", async () => {
    const source = await clip(small);
    let visits = 0;
    const server = createServer((socket) => {
      visits++;
      socket.on("error", () => undefined);
      socket.end(source.bytes);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const seen = await lookAtAll(open(`tcp://127.0.0.1:${port}`, { delivery: "every" }), 60);
    server.close();
    expect(numbersOf(seen)).toEqual([...upTo(40), ...upTo(20)]);
    expect(seen.at(-1)?.epoch).toBe(1);
    expect(visits).toBe(2);
  });
});

describe("a sender over WebSocket", () => {
  const inMessages = async (messages: readonly Uint8Array[]): Promise<Seen[]> => {
    const { stream, port } = await listening("ws://127.0.0.1:0/camera?listen", {
      delivery: "every",
      reconnect: false,
    });
    const seen = lookAtAll(stream);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/camera`);
    await once(socket, "open");
    for (const message of messages) socket.send(message);
    socket.close();
    return seen;
  };

  it.each([
    ["a picture a message", ({ units }: { units: readonly Uint8Array[] }) => units],
    ["1400 bytes a message", ({ bytes }: { bytes: Uint8Array }) => pieces(bytes, 1400)],
    ["one byte a message", ({ bytes }: { bytes: Uint8Array }) => pieces(bytes, 1)],
    [
      "several pictures a message",
      ({ units }: { units: readonly Uint8Array[] }) =>
        upTo(14).map((index) => concat(...units.slice(index * 3, index * 3 + 3))),
    ],
  ])("%s: every picture, equal to the file's", async (_how, messages) => {
    const source = await clip(small);
    expect(md5sOf(await inMessages(messages(source)))).toEqual(await reference(source));
  });
});

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  return upTo(Math.ceil(bytes.length / size)).map((index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

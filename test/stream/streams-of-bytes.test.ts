import { once } from "node:events";
import { createReadStream } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { PassThrough, Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { concat } from "../support/bytes.js";
import {
  clip,
  type Frame,
  heavy,
  invalidArgument,
  LiveDecoder,
  look,
  lookAtAll,
  md5sOf,
  open,
  randomCuts,
  readNumber,
  reference,
  type Seen,
  small,
  smallWithB,
  upTo,
} from "./stream-kit.js";

/** Collects frames and closes them. */
async function collect(frames: AsyncIterable<Frame>): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const frame of frames) {
    seen.push(look(frame));
    frame.close();
  }
  return seen;
}

describe("toNodeStream", () => {
  it("puts a decoder between a socket and a loop", async () => {
    const source = await clip(small);
    const server = createServer((socket) => socket.end(source.bytes)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
    const seen: Seen[] = [];
    await pipeline(socket, new LiveDecoder({ delivery: "every" }).toNodeStream(), async (frames) => {
      seen.push(...(await collect(frames as AsyncIterable<Frame>)));
    });
    server.close();
    expect(md5sOf(seen)).toEqual(await reference(source));
  });

  it("ends the pipeline when the loop is left", async () => {
    const { bytes } = await clip(small);
    const source = new PassThrough();
    source.write(bytes);
    const decoder = new LiveDecoder({ delivery: "every" });
    const done = pipeline(source, decoder.toNodeStream(), async (frames) => {
      for await (const _ of frames) break;
    });
    // What Node says of any pipeline whose last function returns early.
    await expect(done).rejects.toThrow("The operation was aborted");
    expect(source.destroyed).toBe(true);
    expect((await decoder[Symbol.asyncIterator]().next()).done).toBe(true);
  });

  it("fails the pipeline when the source fails, and ends the decoder", async () => {
    const source = new PassThrough();
    const decoder = new LiveDecoder();
    const done = pipeline(source, decoder.toNodeStream(), async (frames) => {
      for await (const _ of frames);
    });
    source.destroy(new Error("the cable is cut"));
    await expect(done).rejects.toThrow("the cable is cut");
    expect((await decoder[Symbol.asyncIterator]().next()).done).toBe(true);
  });

  it("slows the writer while no frame is taken", async () => {
    const { bytes } = await clip(heavy);
    const stream = new LiveDecoder({ delivery: "every" }).toNodeStream() as Writable & AsyncIterable<Frame>;
    const closed = once(stream, "close");
    let written = 0;
    const pump = (async () => {
      for (; written < 100 && !stream.destroyed; written++) {
        if (!stream.write(bytes)) await Promise.race([once(stream, "drain"), closed]);
      }
    })();
    for (let before = -1; before < written; await delay(300)) before = written;
    expect(written).toBeLessThan(100);
    stream.destroy();
    await pump.catch(() => undefined);
  });
});

describe("toWebStream", () => {
  it("puts a decoder into pipeThrough", async () => {
    const source = await clip(small);
    const bytes = ReadableStream.from(randomCuts(source.bytes, 900));
    const frames = bytes.pipeThrough(new LiveDecoder({ delivery: "every" }).toWebStream());
    expect(md5sOf(await collect(frames))).toEqual(await reference(source));
  });

  it("ends the source when the loop is left", async () => {
    const { bytes } = await clip(small);
    let cancelled: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes),
      cancel: () => cancelled?.(),
    });
    for await (const frame of source.pipeThrough(new LiveDecoder({ delivery: "every" }).toWebStream())) {
      expect(readNumber(frame)).toBe(0);
      frame.close();
      break;
    }
    await gone;
  });
});

describe("open of a stream of bytes", () => {
  async function* generator(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }

  it.each([
    ["an async generator", (bytes: Uint8Array) => generator(randomCuts(bytes, 900))],
    ["an array of pieces", (bytes: Uint8Array) => randomCuts(bytes, 900)],
    ["a Node stream", (bytes: Uint8Array) => Readable.from(randomCuts(bytes, 900))],
    ["a web stream", (bytes: Uint8Array) => ReadableStream.from(randomCuts(bytes, 900))],
  ])("gives every picture: %s", async (_what, make) => {
    const source = await clip(smallWithB);
    expect(md5sOf(await lookAtAll(open(make(source.bytes))))).toEqual(await reference(source));
  });

  it("gives every picture of a file's stream to a slow loop", async () => {
    const source = await clip(small);
    const seen: number[] = [];
    for await (const frame of open(createReadStream(source.path, { highWaterMark: 500 }))) {
      seen.push(readNumber(frame));
      if (seen.length % 10 === 0) await delay(50);
    }
    expect(seen).toEqual(upTo(40));
  });

  it("throws what made the stream fail, after the frames before it", async () => {
    const { units } = await clip(small);
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield concat(...units.slice(0, 10));
      throw new Error("the camera fell down");
    }
    const seen: number[] = [];
    const reading = (async () => {
      for await (const frame of open(failing())) seen.push(readNumber(frame));
    })();
    await expect(reading).rejects.toMatchObject({
      code: "NALIVE_READ_FAILED",
      message: "The stream of bytes failed: the camera fell down",
    });
    expect(seen).toEqual(upTo(10));
  });

  it("throws when the stream gives something else than bytes", async () => {
    await expect(lookAtAll(open(["abc"] as never))).rejects.toEqual(invalidArgument);
    expect(() => open(5 as never)).toThrow(invalidArgument);
    expect(() => open(null as never)).toThrow(invalidArgument);
  });

  it("lets go of a socket that is silent when the loop is left", async () => {
    const { bytes } = await clip(small);
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.write(bytes);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
    for await (const frame of open(socket)) {
      expect(readNumber(frame)).toBe(0);
      break;
    }
    if (!socket.closed) await once(socket, "close");
    server.close();
    for (const one of sockets) one.destroy();
  });

  it("cancels a web stream that is silent when the loop is left", async () => {
    const { bytes } = await clip(small);
    let cancel: (() => void) | undefined;
    const cancelled = new Promise<void>((resolve) => {
      cancel = resolve;
    });
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes),
      cancel: () => cancel?.(),
    });
    for await (const _ of open(source)) break;
    await cancelled;
  });
});

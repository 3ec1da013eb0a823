import { spawn } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import { describe, expect, it } from "vitest";
import {
  clip,
  connected,
  type Frame,
  invalidArgument,
  LiveDecoder,
  listening,
  lookAtAll,
  middle,
  open,
  readNumber,
  States,
  small,
} from "./stream-kit.js";

const silent = "tcp://127.0.0.1:0?listen";
const reason = new Error("the user closed the tab");

/** The number of listeners that a stream has left on a signal. */
const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

/** What the program throws, when it does. */
async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function refuses(port: number): Promise<boolean> {
  const [error] = await once(connect(port, "127.0.0.1"), "error");
  return error.code === "ECONNREFUSED";
}

describe("aborting the signal of open()", () => {
  it("makes a waiting loop throw the signal's reason, once", async () => {
    for (const given of [reason, "a string", null]) {
      const controller = new AbortController();
      const { stream } = await listening(silent, { signal: controller.signal });
      const looped = lookAtAll(stream).catch((error) => ({ error }));
      controller.abort(given);
      expect(await looped).toEqual({ error: given });
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      await stream.close();
    }
  });

  it("without a reason makes it throw an AbortError", async () => {
    const controller = new AbortController();
    const { stream } = await listening(silent, { signal: controller.signal });
    controller.abort();
    await expect(stream.read()).rejects.toMatchObject({ name: "AbortError" });
    await stream.close();
  });

  it("drops waiting frames and leaves the one in hand until the next is asked for", async () => {
    const { path } = await clip(middle);
    const controller = new AbortController();
    const stream = open(path, { signal: controller.signal });
    const first = (await stream.next()).value!;
    while ((await stream.statistics())!.pictures < 4);
    controller.abort(reason);
    expect(readNumber(first)).toBe(0);
    expect(await errorOf(() => stream.next())).toBe(reason);
    expect(await errorOf(() => first.data)).toMatchObject({ code: "NALIVE_FRAME_CLOSED" });
    await stream.close();
  });

  it("closes the port and the sender's connection", async () => {
    const controller = new AbortController();
    const { stream, port, states } = await listening(silent, { signal: controller.signal });
    const gone = once((await connected(port)).resume(), "close");
    await states.until("connected");
    controller.abort(reason);
    await gone;
    await stream.close();
    expect(await refuses(port)).toBe(true);
  });

  it("before the stream is opened opens nothing", async () => {
    const states = new States();
    const stream = open(silent, { signal: AbortSignal.abort(reason), onState: states.onState });
    expect(await errorOf(() => lookAtAll(stream))).toBe(reason);
    expect(await stream.statistics()).toBeUndefined();
    expect(await lookAtAll(stream)).toEqual([]);
    await stream.close();
    expect(states.all).toEqual([]);
  });

  it("lets the process exit, whether or not the stream is closed", async () => {
    const library = new URL("../../dist/node/index.js", import.meta.url).href;
    const program = `
      import { open } from "${library}";
      const stream = open("test:?size=64x64&fps=60", { signal: AbortSignal.timeout(500) });
      try { for await (const frame of stream); } catch (error) { console.log(error.name); }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect({ output, code }).toEqual({ output: "TimeoutError\n", code: 0 });
  });

  it("destroys the stream of bytes that it was given", async () => {
    for (const isEarly of [true, false]) {
      const controller = new AbortController();
      if (isEarly) controller.abort(reason);
      const bytes = new PassThrough();
      const closed = once(bytes, "close");
      const stream = open(bytes, { signal: controller.signal });
      controller.abort(reason);
      expect(await errorOf(() => lookAtAll(stream))).toBe(reason);
      await closed;
      await stream.close();
    }
  });

  it("does nothing once the stream has ended, and leaves no listener on the signal", async () => {
    const { path } = await clip(small);
    const controller = new AbortController();
    const { signal } = controller;
    const ends: (() => Promise<unknown>)[] = [
      () => lookAtAll(open(path, { signal })),
      () => lookAtAll(open(path, { signal }), 1),
      () => open(silent, { signal }).close(),
      () => lookAtAll(open("gopher://nowhere", { signal })).catch(() => undefined),
      async () => {
        const decoder = new LiveDecoder({ signal });
        decoder.end();
        await lookAtAll(decoder);
      },
    ];
    for (const end of ends) {
      await end();
      expect(listenersOf(signal)).toBe(0);
    }
    const stream = open(path, { signal });
    expect(listenersOf(signal)).toBe(1);
    controller.abort(reason);
    expect(listenersOf(signal)).toBe(0);
    await stream.close();
  });
});

describe("aborting the signal of a LiveDecoder", () => {
  it("ends the loop with the reason, and throws away what is written from then on", async () => {
    const { bytes } = await clip(small);
    const controller = new AbortController();
    const decoder = new LiveDecoder({ signal: controller.signal, delivery: "every" });
    const looped = errorOf(() => lookAtAll(decoder));
    decoder.write(bytes);
    controller.abort(reason);
    expect(await looped).toBe(reason);
    for (let round = 0; round < 300; round++) {
      decoder.write(bytes);
      await decoder.drained();
    }
    await decoder.close();
  });

  it("makes its Node stream fail the pipeline with the reason", async () => {
    const controller = new AbortController();
    const decoder = new LiveDecoder({ signal: controller.signal });
    const source = new PassThrough();
    const done = pipeline(source, decoder.toNodeStream(), async (frames) => {
      for await (const _ of frames);
    });
    controller.abort(reason);
    await expect(done).rejects.toBe(reason);
    expect(source.destroyed).toBe(true);
  });

  it("makes its web stream fail with the reason", async () => {
    const controller = new AbortController();
    const decoder = new LiveDecoder({ signal: controller.signal });
    const frames = new ReadableStream<Uint8Array>().pipeThrough(decoder.toWebStream());
    const read = frames.getReader().read();
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
    await decoder.close();
  });
});

describe("`using`", () => {
  it("closes a stream at the end of its block, also when the block throws", async () => {
    const ports: number[] = [];
    for (const fails of [false, true]) {
      const block = async () => {
        const { stream, port } = await listening(silent);
        ports.push(port);
        await using _closed = stream;
        if (fails) throw reason;
      };
      expect(await errorOf(block)).toBe(fails ? reason : undefined);
    }
    for (const port of ports) expect(await refuses(port)).toBe(true);
  });

  it("closes a LiveDecoder", async () => {
    const decoder = new LiveDecoder();
    {
      await using _closed = decoder;
    }
    expect(() => decoder.write(new Uint8Array(1))).toThrow(invalidArgument);
  });

  it("gives a frame's slot back: with delivery `every` a loop that closes its frames never waits for itself", async () => {
    const { path } = await clip(small);
    await using stream = open(path, { delivery: "every" });
    let last: Frame | undefined;
    for (let number = 0; number < 40; number++) {
      using frame = (await stream.read())!;
      expect(readNumber(frame)).toBe(number);
      last = frame;
    }
    expect(() => last!.data).toThrow(expect.objectContaining({ code: "NALIVE_FRAME_CLOSED" }));
  });
});

it("a signal of another kind is refused at once", () => {
  expect(() => open("test:", { signal: 5 as never })).toThrow(invalidArgument);
  expect(() => open("test:", { signal: {} as never })).toThrow(/signal was object, expected an AbortSignal/);
});

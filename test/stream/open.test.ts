import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/node/clock.js";
import { concat } from "../support/bytes.js";
import {
  block,
  clip,
  connected,
  type Frame,
  listening,
  look,
  lookAtAll,
  md5sOf,
  middle,
  NaliveError,
  numbersOf,
  open,
  readNumber,
  reference,
  type Seen,
  States,
  sendPieces,
  small,
  temporary,
  upTo,
  withB,
} from "./stream-kit.js";

const codeOf = (code: string) => expect.objectContaining({ name: expect.stringMatching(/Error$/), code });

describe("a file", () => {
  it("gives every picture, in order", async () => {
    const { path } = await clip(middle);
    expect(numbersOf(await lookAtAll(open(path)))).toEqual(upTo(100));
  });

  it("gives every picture in output order with B pictures and several slices", async () => {
    const { path } = await clip(`${withB}&slices=3`);
    expect(numbersOf(await lookAtAll(open(path)))).toEqual(upTo(61));
  });

  it("gives every picture to a loop that is slower than the decoder", async () => {
    const { path } = await clip(small);
    const seen: number[] = [];
    for await (const frame of open(path)) {
      seen.push(readNumber(frame));
      if (seen.length % 10 === 0) await delay(60);
    }
    expect(seen).toEqual(upTo(40));
  });

  it("says of each picture what it is and where it came from", async () => {
    const { path, units } = await clip(small);
    const provenances: Frame["provenance"][] = [];
    let previous = Number.NEGATIVE_INFINITY;
    for await (const frame of open(path)) {
      expect(frame).toMatchObject({ pixelFormat: "bgr24", width: 128, height: 96, stride: 384 });
      expect(frame.planes).toEqual([{ offset: 0, stride: 384, height: 96 }]);
      expect(frame.data).toHaveLength(384 * 96);
      expect(frame.sampleAspectRatio).toEqual({ width: 1, height: 1 });
      expect(frame.duration).toBeCloseTo(1e6 / 30, -1);
      expect(frame.timestamp).toBeGreaterThan(previous);
      previous = frame.timestamp;
      provenances.push(frame.provenance);
    }
    for (const [index, provenance] of provenances.entries()) {
      const startsGroup = index % 20 === 0;
      expect(provenance).toMatchObject({
        sequence: index,
        epoch: 0,
        pictureOrderCount: 2 * (index % 20),
        pictureType: startsGroup ? "I" : "P",
        randomAccess: startsGroup,
      });
      // The leading zero_byte of a start code belongs to no NAL unit.
      expect(Math.abs(provenance.codedSize - units[index]!.length)).toBeLessThanOrEqual(2);
      expect(provenance.lastByteAt).toBeGreaterThanOrEqual(provenance.firstByteAt);
      expect(provenance.completeAt).toBeGreaterThanOrEqual(provenance.lastByteAt);
      expect(provenance.decodedAt).toBeGreaterThanOrEqual(provenance.completeAt);
    }
  });

  it("played as live gives its pictures over the time that they last", async () => {
    const { path } = await clip(small);
    const startedAt = performance.now();
    const seen = numbersOf(await lookAtAll(open(path, { live: { fps: 100 } })));
    expect(performance.now() - startedAt).toBeGreaterThan(300);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(39);
  });

  it("restarts when looped, until the loop is left", async () => {
    const { path } = await clip(small);
    expect(numbersOf(await lookAtAll(open(path, { loop: true }), 100))).toEqual(
      upTo(100).map((index) => index % 40),
    );
  });

  it("that is not there makes the iteration throw", async () => {
    await expect(lookAtAll(open(temporary("none.h264")))).rejects.toEqual(codeOf("NALIVE_NO_SUCH_FILE"));
  });
});

describe("a program that is busy", () => {
  it("for 200 ms per picture gets ever newer pictures, and no torn one", async () => {
    const source = await clip("size=320x180&frames=160&gop=40&bitrate=1M");
    const expected = await reference(source);
    const stream = open(source.path, { live: { fps: 60 }, delivery: "newest" });
    const seen: Seen[] = [];
    let fresh = 0;
    let busySince = 0;
    for await (const frame of stream) {
      if (frame.provenance.lastByteAt > busySince) fresh++;
      busySince = systemClock.now();
      const before = look(frame);
      block(200);
      // The picture in hand stays the same while newer ones are decoded.
      expect(look(frame)).toEqual(before);
      seen.push(before);
    }
    const statistics = await stream.statistics();
    const numbers = numbersOf(seen);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(159);
    for (const { number, md5 } of seen) expect(md5).toBe(expected[number]);
    // Pictures that came during the wait, not those that had come before it.
    expect(fresh).toBeGreaterThan(seen.length / 2);
    expect(statistics?.replaced).toBeGreaterThan(0);
    const { replaced, droppedLate, leftOut } = statistics!;
    expect(replaced + droppedLate + leftOut.conversions + seen.length).toBe(160);
  });

  it("loses nothing with delivery `every`, from a live sender too", async () => {
    const source = await clip(small);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen", {
      delivery: "every",
      reconnect: false,
    });
    const sending = sendPieces(port, source.units);
    const seen: Seen[] = [];
    for await (const frame of stream) {
      block(20);
      seen.push(look(frame));
    }
    await sending;
    expect(md5sOf(seen)).toEqual(await reference(source));
    expect((await stream.statistics())?.replaced).toBe(0);
  });

  it("gets every picture with `keep-up` while few wait", async () => {
    const { units } = await clip(small);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen", {
      delivery: "keep-up",
      reconnect: false,
    });
    const socket = await connected(port);
    // Eight pictures wait before the first is taken.
    socket.write(concat(...units.slice(0, 8)));
    while ((await stream.statistics())!.pictures < 8) await delay(5);
    const seen = lookAtAll(stream);
    socket.end();
    expect(numbersOf(await seen)).toEqual(upTo(8));
  });

  it("skips to the newest with `keep-up` when too many wait", async () => {
    const { units } = await clip(small);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen", {
      delivery: "keep-up",
      reconnect: false,
    });
    const socket = await connected(port);
    socket.end(concat(...units));
    while ((await stream.statistics())!.pictures < 40) await delay(5);
    const numbers = numbersOf(await lookAtAll(stream));
    expect(numbers.at(-1)).toBe(39);
    expect(numbers.length).toBeLessThanOrEqual(8);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });
});

describe("a frame", () => {
  const closed = codeOf("NALIVE_FRAME_CLOSED");
  const error = (run: () => unknown): unknown => {
    try {
      run();
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  };

  it("is closed when the next one is asked for, and says so when it is read", async () => {
    const { path } = await clip(small);
    const stream = open(path);
    const { value: first } = await stream.next();
    expect(first!.data).toHaveLength(128 * 96 * 3);
    await stream.next();
    expect(error(() => first!.data)).toEqual(closed);
    expect(error(() => first!.clone())).toEqual(closed);
    expect(error(() => first!.data)).toBeInstanceOf(NaliveError);
    // All but its bytes can still be read.
    expect(first).toMatchObject({ width: 128, height: 96 });
    await stream.close();
  });

  it("may be closed by the program, twice too", async () => {
    const { path } = await clip(small);
    const seen: number[] = [];
    for await (const frame of open(path)) {
      seen.push(readNumber(frame));
      frame.close();
      frame.close();
      expect(error(() => frame.data)).toEqual(closed);
    }
    expect(seen).toEqual(upTo(40));
  });

  it("lives on in its clones", async () => {
    const source = await clip(small);
    const clones: Frame[] = [];
    for await (const frame of open(source.path)) clones.push(frame.clone());
    expect(md5sOf(clones.map(look))).toEqual(await reference(source));
    clones[0]!.close();
    expect(error(() => clones[0]!.data)).toEqual(closed);
    expect(readNumber(clones[1]!)).toBe(1);
  });

  it("taken by read() stays open until it is closed, after the end of the stream too", async () => {
    const source = await clip(small);
    const stream = open(source.path);
    const frames = [await stream.read(), await stream.read(), await stream.read()];
    await stream.close();
    expect(md5sOf(frames.map((frame) => look(frame!)))).toEqual((await reference(source)).slice(0, 3));
    for (const frame of frames) frame!.close();
  });
});

describe("the end of a stream", () => {
  it("by close() ends a wait for the next frame", async () => {
    const { stream } = await listening("tcp://127.0.0.1:0?listen");
    const next = stream.next();
    await stream.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    await stream.close();
  });

  it("comes at once when the loop is left while pictures wait", async () => {
    const { path } = await clip(middle);
    const frames = open(path, { delivery: "every" });
    for await (const frame of frames) {
      // All slots are full, and many pictures wait to be decoded.
      while ((await frames.statistics())!.pictures < 4) await delay(5);
      expect(readNumber(frame)).toBe(0);
      break;
    }
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });

  it("closes its port and lets the sender know", async () => {
    const { units } = await clip(small);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen");
    const socket = await connected(port);
    const gone = once(socket.resume(), "close");
    socket.write(concat(...units));
    for await (const _ of stream) break;
    await gone;
    const [refused] = await once(connect(port, "127.0.0.1"), "error");
    expect(refused).toMatchObject({ code: "ECONNREFUSED" });
  });

  it.each([
    ["is left", "for await (const frame of stream) { console.log(frame.width); break; }"],
    ["throws", "try { for await (const frame of stream) { console.log(frame.width); throw 1; } } catch {}"],
  ])("lets the process exit when a loop over a live source %s", async (_how, loop) => {
    const library = new URL("../../dist/node/index.js", import.meta.url).href;
    const program = `import { open } from "${library}"; const stream = open("test:?size=64x64&fps=60"); ${loop}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect(output).toBe("64\n");
    expect(code).toBe(0);
  });

  it("keeps its last figures", async () => {
    const { path, bytes } = await clip(small);
    const stream = open(path);
    await lookAtAll(stream);
    expect(await stream.statistics()).toMatchObject({
      receivedBytes: bytes.length,
      accessUnits: 40,
      pictures: 40,
      replaced: 0,
      droppedLate: 0,
      waiting: 0,
      healed: 0,
      issues: [],
    });
  });
});

describe("open says what is wrong", () => {
  it.each([
    [{ format: "bgr42" }, /format was "bgr42", expected one of bgr24, rgb24/],
    [{ delivery: "some" }, /delivery was "some", expected one of newest, keep-up, every/],
    [{ maxLagMs: 0 }, /maxLagMs was 0/],
    [{ maxDecodedMiB: -1 }, /maxDecodedMiB was -1/],
    [{ threads: 1.5 }, /threads was 1.5, expected a whole number/],
    [{ live: { fps: -1 } }, /live.fps was -1/],
  ])("at once in the options: %j", (options, message) => {
    const wrong = () => open("test:", options as never);
    expect(wrong).toThrow(message);
    expect(wrong).toThrow(codeOf("NALIVE_INVALID_ARGUMENT"));
  });

  it.each([
    ["tcp://127.0.0.1", "NALIVE_INVALID_SOURCE"],
    ["gopher://127.0.0.1:70", "NALIVE_INVALID_SOURCE"],
    ["tcp://no-such-host.invalid:5000", "NALIVE_HOST_NOT_FOUND"],
    ["exec:exit 3", "NALIVE_COMMAND_FAILED"],
  ])("by the iteration in the source: %s", async (source, code) => {
    await expect(lookAtAll(open(source, { reconnect: false }))).rejects.toEqual(codeOf(code));
  });

  it("when the port is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await expect(lookAtAll(open(`tcp://127.0.0.1:${port}?listen`))).rejects.toEqual(
      codeOf("NALIVE_PORT_IN_USE"),
    );
    server.close();
  });

  it("once, after the frames before it", async () => {
    const { bytes } = await clip(small);
    const server = createServer((socket) => socket.end(bytes)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const states = new States();
    const stream = open(`tcp://127.0.0.1:${port}`, {
      delivery: "every",
      reconnect: false,
      onState: states.onState,
    });
    expect(numbersOf(await lookAtAll(stream))).toEqual(upTo(40));
    server.close();
    expect(states.all.map(({ type }) => type)).toEqual(expect.arrayContaining(["connected", "ended"]));
  });
});

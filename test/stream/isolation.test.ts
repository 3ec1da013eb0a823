import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { concat } from "../support/bytes.js";
import {
  clip,
  connected,
  type Frame,
  type IssueCode,
  LiveDecoder,
  listening,
  look,
  lookAtAll,
  md5sOf,
  numbersOf,
  open,
  reference,
  type Seen,
  type StreamStatistics,
  sendPieces,
  temporary,
  upTo,
  type VideoStream,
} from "./stream-kit.js";

const options = "size=320x180&frames=240&gop=30&bframes=2&bitrate=600k";
const interval = 1000 / 60;

/** Sends one access unit at a time, evenly, as a camera would. */
async function sendEvenly(port: number, units: readonly Uint8Array[], each?: (index: number) => void) {
  const socket = await connected(port);
  const start = performance.now();
  for (const [index, unit] of units.entries()) {
    await delay(Math.max(0, start + index * interval - performance.now()));
    each?.(index);
    socket.write(unit);
  }
  socket.end();
}

/** The number in /proc of the stream's decoding process, when there is one. */
const pidOf = async (stream: VideoStream) => (await stream.statistics())?.decodingProcess?.pid;

async function killDecoder(stream: VideoStream, signal: NodeJS.Signals) {
  const pid = await pidOf(stream);
  if (pid !== undefined && stateOf(pid) !== undefined) process.kill(pid, signal);
}

/** R, S, T, Z, …; undefined when there is no such process. */
function stateOf(pid: number): string | undefined {
  return stat(pid)?.[0];
}

/** What /proc says of a process from its state on. */
function stat(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return undefined;
  }
}

const childrenOf = (parent: number) =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(stat(Number(name))?.[1]) === parent)
    .map(Number);

async function until(holds: () => boolean, withinMs = 10_000) {
  for (const end = performance.now() + withinMs; !holds(); await delay(10))
    if (performance.now() > end) throw new Error(`did not hold within ${withinMs} ms`);
}

describe.skipIf(process.platform !== "linux")("a stream that is decoded in its own process", () => {
  it("shows every picture, right, in order and once, however often that process is killed", async () => {
    const source = await clip(options);
    const expected = await reference(source);
    const before = childrenOf(process.pid);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen", {
      isolation: "process",
      delivery: "every",
      reconnect: false,
    });
    const seen: (Seen & { at: number })[] = [];
    let statistics: StreamStatistics | undefined;
    const watching = (async () => {
      for await (const frame of stream) {
        seen.push({ ...look(frame), at: performance.now() });
        if (seen.length === expected.length) statistics = await stream.statistics();
      }
    })();
    const signals = ["SIGSEGV", "SIGKILL", "SIGBUS", "SIGABRT"] as const;
    const kills: number[] = [];
    // At irregular moments, two of them one soon after the other.
    const at = [19, 70, 77, 131, 190];
    await sendEvenly(port, source.units, (index) => {
      const kill = at.indexOf(index);
      if (kill < 0) return;
      kills.push(performance.now());
      void killDecoder(stream, signals[kill % signals.length]!);
    });
    await watching;

    expect(numbersOf(seen)).toEqual(upTo(expected.length));
    expect(md5sOf(seen)).toEqual(expected);
    expect(statistics?.decodingProcess?.deaths).toBeGreaterThanOrEqual(3);
    expect(statistics?.issues.map(({ code }) => code)).toEqual(["decoder-died"]);
    expect(childrenOf(process.pid)).toEqual(before);
  });

  it("shows pictures again within a moment after its process was killed", async () => {
    const source = await clip(options);
    const expected = await reference(source);
    const { stream, port } = await listening("tcp://127.0.0.1:0?listen", {
      isolation: "process",
      delivery: "keep-up",
      reconnect: false,
    });
    let killedAt: number | undefined;
    let waitMs: number | undefined;
    const seen: Seen[] = [];
    const watching = (async () => {
      for await (const frame of stream) {
        seen.push(look(frame));
        // What was on its way when the process died is no sign of life.
        if (killedAt !== undefined && performance.now() - killedAt > 50)
          waitMs ??= performance.now() - killedAt;
      }
    })();
    await sendEvenly(port, source.units, (index) => {
      if (index !== 100) return;
      killedAt = performance.now();
      void killDecoder(stream, "SIGSEGV");
    });
    await watching;
    expect(waitMs).toBeLessThan(2000);
    for (const { number, md5 } of seen) expect(md5).toBe(expected[number]);
    const numbers = numbersOf(seen);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it("does not disturb another stream of the program when its process is killed", async () => {
    const source = await clip(options);
    const expected = await reference(source);
    const streams = await Promise.all(
      [1, 2].map(() =>
        listening("tcp://127.0.0.1:0?listen", { isolation: "process", delivery: "every", reconnect: false }),
      ),
    );
    const watching = streams.map(async ({ stream }) => {
      const seen: Seen[] = [];
      let statistics: StreamStatistics | undefined;
      for await (const frame of stream) {
        seen.push(look(frame));
        if (seen.length === expected.length) statistics = await stream.statistics();
      }
      return { seen, statistics };
    });
    const [victim, other] = streams;
    await Promise.all([
      sendEvenly(victim!.port, source.units, (index) => {
        if (index % 60 === 45) void killDecoder(victim!.stream, "SIGSEGV");
      }),
      sendEvenly(other!.port, source.units),
    ]);
    const [killed, undisturbed] = await Promise.all(watching);
    expect(md5sOf(killed!.seen)).toEqual(expected);
    expect(killed!.statistics?.decodingProcess?.deaths).toBeGreaterThan(0);
    expect(md5sOf(undisturbed!.seen)).toEqual(expected);
    expect(undisturbed!.statistics).toMatchObject({ issues: [], decodingProcess: { deaths: 0 } });
  });

  it.each(["SIGCONT", "SIGSTOP"] as const)(
    "takes its process along when the program is killed, after %s to the process",
    async (signal) => {
      const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
      const program = spawn(
        process.execPath,
        [main, "decode", "test:?size=320x180", "--isolation", "process", "--quiet"],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      await once(program.stdout!, "data");
      program.stdout!.resume();
      const children = childrenOf(program.pid!);
      expect(children).toHaveLength(1);
      process.kill(children[0]!, signal);
      program.kill("SIGKILL");
      await once(program, "exit");
      await until(() => ["Z", "X", undefined].includes(stateOf(children[0]!)));
    },
  );

  it("brings no code of FFmpeg into the program", async () => {
    const stream = open("test:?pace=false&frames=3&size=64x64", { isolation: "process" });
    await lookAtAll(stream);
    const script = `
      import { open } from ${JSON.stringify(new URL("../../dist/node/index.js", import.meta.url).href)};
      import { readFileSync } from "node:fs";
      for await (const frame of open(process.argv[1], { isolation: "process" })) {
        if (frame.provenance.sequence < 2) continue;
        console.log(/node-av|libavcodec/.test(readFileSync("/proc/self/maps", "utf8")));
        break;
      }`;
    const { path } = await clip("size=128x96&frames=40&gop=20&bitrate=200k");
    const program = spawn(process.execPath, ["--input-type=module", "-e", script, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    expect(String((await once(program.stdout, "data"))[0]).trim()).toBe("false");
  });
});

/** The threads that are started while `during` runs. */
async function threadsOf<T>(during: () => Promise<T> | T): Promise<{ result: T; threads: Worker[] }> {
  const threads: Worker[] = [];
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (this: Worker, ...given: Parameters<Worker["postMessage"]>) {
    if (!threads.includes(this)) threads.push(this);
    post.apply(this, given);
  };
  try {
    return { result: await during(), threads };
  } finally {
    Worker.prototype.postMessage = post;
  }
}

/** An engine's thread dies of this: an exception that nobody catches. */
const poison = { type: "write" };

/** The newest thread of a stream's engine. */
async function engineOf(stream: { statistics(): Promise<unknown> }): Promise<Worker> {
  const { threads } = await threadsOf(() => stream.statistics());
  return threads.at(-1)!;
}

describe("a stream whose thread dies", () => {
  it("listens again, continues with the next sender, and counts it; frames in hand stay valid", async () => {
    const source = await clip("size=128x96&frames=40&gop=20&bitrate=200k");
    const expected = await reference(source);
    const issues: IssueCode[] = [];
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    const states: string[] = [];
    const stream = open(`tcp://127.0.0.1:${port}?listen`, {
      delivery: "every",
      onIssue: (code) => issues.push(code),
      onState: ({ type }) => states.push(type),
    });
    const frames: Frame[] = [];
    const seen: Seen[] = [];
    const watching = (async () => {
      for (let frame = await stream.read(); frame; frame = await stream.read()) {
        seen.push(look(frame));
        if (seen.length === 10) frames.push(frame);
        else frame.close();
        if (seen.length === 80) break;
      }
    })();
    await until(() => states.includes("listening"));
    await sendPieces(port, source.units);
    await until(() => seen.length === 40);
    expect((await stream.statistics())?.pictures).toBe(40);
    (await engineOf(stream)).postMessage(poison);
    await until(() => states.filter((state) => state === "listening").length === 2);
    await sendPieces(port, source.units);
    await watching;

    expect(md5sOf(seen)).toEqual([...expected, ...expected]);
    expect(look(frames[0]!)).toEqual(seen[9]);
    expect(seen.map(({ sequence }) => sequence)).toEqual(upTo(80));
    expect(seen[40]!.epoch).toBeGreaterThan(seen[39]!.epoch);
    expect(issues).toEqual(["engine-died"]);
    expect(await stream.statistics()).toMatchObject({
      pictures: 80,
      issues: [{ code: "engine-died", count: 1, detail: expect.stringContaining("died") }],
    });
    frames[0]!.close();
    await stream.close();
  });

  it("ends with NALIVE_DECODER_LOST when its source cannot be opened again", async () => {
    const { path } = await clip(options);
    const stream = open(path);
    expect(await stream.read()).toBeDefined();
    (await engineOf(stream)).postMessage(poison);
    const rest = (async () => {
      for (let frame = await stream.read(); frame; frame = await stream.read()) frame.close();
    })();
    await expect(rest).rejects.toMatchObject({ code: "NALIVE_DECODER_LOST" });
  });

  it("takes the next bytes written, with isolation in a thread or in a process", async () => {
    const source = await clip("size=128x96&frames=40&gop=20&bitrate=200k");
    const expected = await reference(source);
    for (const isolation of ["thread", "process"] as const) {
      const decoder = new LiveDecoder({ delivery: "every", isolation });
      const seen: Seen[] = [];
      const watching = (async () => {
        for await (const frame of decoder) seen.push(look(frame));
      })();
      for (const unit of source.units.slice(0, 10)) decoder.write(unit);
      await until(() => seen.length >= 9);
      (await engineOf(decoder)).postMessage(poison);
      let died = false;
      while (!died) {
        await delay(20);
        died = (await decoder.statistics())?.issues.some(({ code }) => code === "engine-died") ?? false;
      }
      for (const unit of source.units.slice(10)) decoder.write(unit);
      await decoder.drained();
      decoder.end();
      await watching;
      // The rest of the first group is of no use without its beginning.
      expect(md5sOf(seen.slice(-20))).toEqual(expected.slice(20));
      expect(seen.length).toBeLessThanOrEqual(30);
    }
  });
});

describe("what a program throws", () => {
  it.each(["onState", "onIssue"] as const)("in %s ends that stream, and no other", async (callback) => {
    const source = await clip(options);
    const bad = temporary(`bad-${callback}.h264`);
    // Bytes before the first start code are an issue.
    writeFileSync(bad, concat(new Uint8Array(100).fill(7), source.bytes));
    const thrown = new Error("a mistake in the program");
    const fails = () => {
      throw thrown;
    };
    const [one, other] = [open(bad, { [callback]: fails }), open(source.path)];
    const [failed, seen] = await Promise.all([lookAtAll(one!).catch((error) => error), lookAtAll(other!)]);
    expect(failed).toBe(thrown);
    expect(md5sOf(seen)).toEqual(await reference(source));
  });

  it("in the loop over the frames ends that stream, and no other", async () => {
    const source = await clip(options);
    const [one, other] = [open(source.path), open(source.path)];
    const fails = async () => {
      for await (const frame of one!)
        if (frame.provenance.sequence === 5) throw new Error("a mistake in the program");
    };
    const [failed, seen] = await Promise.all([fails().catch((error: Error) => error), lookAtAll(other!)]);
    expect(failed).toMatchObject({ message: "a mistake in the program" });
    expect(md5sOf(seen)).toEqual(await reference(source));
  });
});

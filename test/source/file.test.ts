import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSource } from "../../src/node/source/open-source.js";
import { sourceBytes } from "../../src/node/source/source-bytes.js";
import { makeClip, nalTypes } from "./kit/clip.js";
import { startSource } from "./kit/open-sources.js";
import { pattern, RecordingSink } from "./kit/recording-sink.js";

const folder = mkdtempSync(join(tmpdir(), "nalive-file-"));
const path = join(folder, "clip.h264");
const content = pattern(1_000_000);
let clip: Uint8Array[];
const clipPath = join(folder, "real.h264");

beforeAll(async () => {
  writeFileSync(path, content);
  clip = await makeClip("size=128x96&frames=20&gop=10&slices=2");
  writeFileSync(clipPath, Buffer.concat(clip));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("file", () => {
  it.each([path, `file:${path}`, `file://${path}`])("reads %s to its end", async (url) => {
    const { source, sink } = startSource(url);
    expect(source.kind).toBe("file");
    expect(await sink.closeReason()).toBeUndefined();
    expect(sink.bytes().equals(content)).toBe(true);
    expect(sink.sessions).toHaveLength(1);
  });

  it("waits while it is paused, and loses nothing", async () => {
    const { source, sink } = startSource(path);
    sink.onPush = () => {
      sink.onPush = () => {};
      source.pause();
    };
    await sink.bytesOf(0, 1);
    const before = sink.bytes().length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sink.bytes().length).toBe(before);
    source.resume();
    await sink.closeReason();
    expect(sink.bytes().equals(content)).toBe(true);
  });

  it("with loop restarts again and again, in one session", async () => {
    const { source, sink } = startSource(path, { loop: true });
    const bytes = await sink.bytesOf(0, 2_500_000);
    expect(
      bytes.subarray(0, 2_500_000).equals(Buffer.concat([content, content, content]).subarray(0, 2_500_000)),
    ).toBe(true);
    await source.stop();
    expect(sink.sessions).toHaveLength(1);
  });

  it("reports a file that does not exist", async () => {
    const { sink } = startSource("/no/such/clip.h264");
    expect(await sink.closeReason()).toMatchObject({
      code: "NALIVE_NO_SUCH_FILE",
      message:
        "No such file: /no/such/clip.h264. Expected a file, or an address such as tcp://192.168.1.20:5000",
    });
    expect(sink.sessions).toEqual([]);
  });

  it.each(["127.0.0.1:5000", "[::1]:5000"])("asks whether %s is an address", async (path) => {
    const { sink } = startSource(path);
    expect(await sink.closeReason()).toMatchObject({
      code: "NALIVE_NO_SUCH_FILE",
      message: `No such file: ${path}. Did you mean tcp://${path}?`,
    });
  });

  it("asks whether a file with nearly the same name was meant", async () => {
    writeFileSync(join(folder, "entrance.h264"), "");
    const { sink } = startSource(join(folder, "entrence.h246"));
    expect((await sink.closeReason())?.message).toMatch(/Did you mean .*entrance\.h264\?$/);
  });

  it("reports a folder", async () => {
    const { sink } = startSource(folder);
    expect(await sink.closeReason()).toMatchObject({
      code: "NALIVE_READ_FAILED",
      message: expect.stringContaining("is a folder"),
    });
  });

  it("reports a path through a file as a file that does not exist", async () => {
    const { sink } = startSource(`${path}/clip.h264`);
    expect(await sink.closeReason()).toMatchObject({ code: "NALIVE_NO_SUCH_FILE" });
  });

  it.runIf(process.platform !== "win32")("says how to connect to a socket", async () => {
    const socket = join(folder, "camera.sock");
    const server = createServer().listen(socket);
    await once(server, "listening");
    const { sink } = startSource(socket);
    expect((await sink.closeReason())?.message).toContain(`unix:${socket}`);
    server.close();
  });

  it.runIf(process.platform !== "win32")(
    "refuses to play a named pipe at a rate, without waiting for its writer",
    async () => {
      const pipe = join(folder, "at-a-rate");
      execFileSync("mkfifo", [pipe]);
      const { sink } = startSource(`file:${pipe}?fps=30`);
      expect((await sink.closeReason())?.message).toMatch(/is a named pipe.*leave fps out/);
    },
  );

  it("reports a missing file that is to play as live", async () => {
    const { sink } = startSource("file:/no/such/clip.h264?fps=30");
    expect(await sink.closeReason()).toMatchObject({ code: "NALIVE_NO_SUCH_FILE" });
  });

  it("stops in the middle of the file", async () => {
    const { source, sink } = startSource(path, { loop: true });
    await sink.bytesOf(0, 1);
    await source.stop();
    expect(sink.closed).toEqual({ reason: undefined });
  });

  it("played as live arrives picture by picture, at its rate, unchanged", async () => {
    const { source, sink } = startSource(clipPath, { live: { fps: 50 } });
    expect(source.kind).toBe("live");
    await sink.closeReason();
    const { chunks } = sink.sessions[0]!;
    expect(chunks.map(({ data }) => Buffer.from(data))).toEqual(clip.map((unit) => Buffer.from(unit)));
    const took = (chunks.at(-1)!.receivedAt - chunks[0]!.receivedAt) / 1000;
    expect(took).toBeGreaterThan(370);
    expect(took).toBeLessThan(600);
  });

  it("played as live keeps its rate when `resume` comes without `pause`", async () => {
    const { source, sink } = startSource(clipPath, { live: { fps: 50 } });
    sink.onPush = () => source.resume();
    await sink.closeReason();
    const { chunks } = sink.sessions[0]!;
    expect((chunks.at(-1)!.receivedAt - chunks[0]!.receivedAt) / 1000).toBeGreaterThan(370);
  });

  it("played as live keeps its rate as bytes, too", async () => {
    const begin = performance.now();
    const parts: Uint8Array[] = [];
    for await (const part of sourceBytes(openSource(`file:${clipPath}?fps=50`))) parts.push(part);
    expect(Buffer.concat(parts).equals(Buffer.concat(clip))).toBe(true);
    expect(performance.now() - begin).toBeGreaterThan(370);
  });

  it("played as live can loop", async () => {
    const { sink } = startSource(`file:${clipPath}?fps=500&loop`);
    await sink.until(() => (sink.sessions[0]?.chunks.length ?? 0) > 45);
    expect(Buffer.from(sink.sessions[0]!.chunks[40]!.data)).toEqual(Buffer.from(clip[0]!));
  });

  it.runIf(process.platform !== "win32")("reads a named pipe as live, one session per writer", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const { source, sink } = startSource(pipe);
    expect(source.kind).toBe("live");
    for (const [session, text] of ["one", "two"].entries()) {
      const writer = await open(pipe, "w");
      await writer.write(text);
      await writer.close();
      await sink.until(() => sink.sessions[session]?.ended);
      expect(sink.bytes(session).toString()).toBe(text);
    }
    await source.stop();
  });

  it("stops while a named pipe has no writer", async () => {
    const pipe = join(folder, "silent");
    execFileSync("mkfifo", [pipe]);
    const { source } = startSource(pipe);
    await new Promise(setImmediate);
    await source.stop();
  });
});

describe("standard input", () => {
  const program = `
    import { openSource } from ${JSON.stringify(new URL("../../dist/node/source/open-source.js", import.meta.url).href)};
    import { createHash } from "node:crypto";
    const source = openSource("-");
    const hash = createHash("sha256");
    let log = source.kind;
    source.start({
      push: ({ data }) => hash.update(data),
      begin: ({ peer }) => { log += " begin " + peer; },
      end: (reason) => { log += " end " + reason; },
      state() {},
      close: (reason) => { log += " close " + reason; console.log(log, hash.digest("hex")); },
    });`;

  async function run(redirect: string): Promise<string> {
    const child = spawn("/bin/sh", [
      "-c",
      `${redirect.replace("NODE", '"$0" --input-type=module -e "$1"')}`,
      process.execPath,
      program,
    ]);
    let output = "";
    for await (const part of child.stdout) output += part;
    return output.trim();
  }

  it.runIf(process.platform !== "win32").each([
    ["live", `cat ${path} | NODE`],
    ["file", `NODE < ${path}`],
  ])("is read to its end (%s)", async (kind, command) => {
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha256").update(content).digest("hex");
    expect(await run(command)).toBe(`${kind} begin standard input end undefined close undefined ${hash}`);
  });
});

describe("a source", () => {
  it("starts only once", async () => {
    const source = openSource(path);
    source.start(new RecordingSink());
    expect(() => source.start(new RecordingSink())).toThrow(/started already/);
    await source.stop();
  });

  it("that was stopped before its start closes its sink at once", async () => {
    for (const url of [path, "tcp://:0?listen", "udp://:0"]) {
      const source = openSource(url);
      await source.stop();
      const sink = new RecordingSink();
      source.start(sink);
      expect(sink.closed).toEqual({ reason: undefined });
    }
  });
});

it("the clip has what the tests assume", () => {
  symlinkSync(clipPath, join(folder, "link"));
  expect(nalTypes(Buffer.concat(clip)).filter((type) => type === 5)).toHaveLength(4);
});

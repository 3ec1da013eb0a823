import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SourceOptions } from "../../src/node/source/source.js";
import { openSource } from "./kit/built.js";
import { makeClip } from "./kit/clip.js";
import { mux } from "./kit/mux.js";
import { startSource } from "./kit/open-sources.js";
import type { RecordingSink } from "./kit/recording-sink.js";
import { nalUnits, RtspCamera } from "./kit/rtsp-camera.js";

const folder = mkdtempSync(join(tmpdir(), "nalive-ffmpeg-"));
let clip: Uint8Array[];
beforeAll(async () => {
  clip = await makeClip("size=128x96&frames=30&gop=30&bitrate=1M");
});
afterAll(() => rmSync(folder, { recursive: true }));

const start = (url: string, options: SourceOptions = {}) => startSource(url, options, openSource);

/** The slices of each chunk, in hexadecimal. */
const slices = (units: readonly Uint8Array[]) =>
  units.map((unit) =>
    nalUnits(unit)
      .filter((nal) => [1, 5].includes(nal[0]! & 31))
      .map((nal) => Buffer.from(nal).toString("hex")),
  );
const chunks = (sink: RecordingSink, session = 0) => sink.sessions[session]!.chunks.map(({ data }) => data);

describe("a container file", () => {
  it.each(["mp4", "mkv", "mov", "flv", "ts", "avi"])(
    "(%s) delivers each access unit in Annex B",
    async (kind) => {
      const path = join(folder, `clip.${kind}`);
      mux(clip, path);
      const { source, sink } = start(path);
      expect(source.kind).toBe("file");
      expect(await sink.closeReason()).toBeUndefined();
      expect(slices(chunks(sink))).toEqual(slices(clip));
      const types = nalUnits(chunks(sink)[0]!).map((nal) => nal[0]! & 31);
      expect(types).toEqual(expect.arrayContaining([7, 8, 5]));
      expect(sink.sessions[0]?.chunks[0]?.framing).toBe("message");
    },
  );

  it.each([
    ["text", Buffer.from("JUNK from an old driver")],
    ["zeros", Buffer.alloc(16)],
    ["a few bytes", Buffer.from([1, 2, 3, 4, 5])],
    ["a configuration record that is cut short", Buffer.from("0164001effe1ffff00", "hex")],
    ["a configuration record of a stream with lengths", Buffer.from("0164000dffe000", "hex")],
  ])("(avi) with start codes plays whose extradata are %s", async (what, extradata) => {
    const path = join(folder, `junk-${what.length}.avi`);
    mux(clip, path, extradata);
    const { sink } = start(path);
    expect(await sink.closeReason()).toBeUndefined();
    expect(slices(chunks(sink))).toEqual(slices(clip));
  });

  it("waits while it is paused", async () => {
    const path = join(folder, "long.mp4");
    mux(
      Array.from({ length: 200 }, (_, n) => clip[n % clip.length]!),
      path,
    );
    const { source, sink } = start(path);
    sink.onPush = () => {
      sink.onPush = () => {};
      source.pause();
    };
    await sink.bytesOf(0, 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(chunks(sink).length).toBeLessThan(100);
    source.resume();
    expect(await sink.closeReason()).toBeUndefined();
    expect(chunks(sink)).toHaveLength(200);
  });

  it("without H.264 is refused, and its contents are named", async () => {
    const path = join(folder, "sound.mov");
    const header = Buffer.from(
      "RIFF----WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\x10\0\0",
      "latin1",
    );
    writeFileSync(path, Buffer.concat([header, Buffer.alloc(4096)]));
    const { sink } = start(path);
    const reason = await sink.closeReason();
    expect(reason).toMatchObject({ code: "NALIVE_UNSUPPORTED_STREAM", name: "UnsupportedStreamError" });
    expect(reason?.message).toContain("has no H.264 video but pcm_s16le");
  });

  it.each(["mp4", "sdp"])("(%s) that does not exist is named", async (kind) => {
    const { sink } = start(`/no/such/clip.${kind}`);
    expect(await sink.closeReason()).toMatchObject({
      code: "NALIVE_NO_SUCH_FILE",
      message: expect.stringContaining(`No such file: /no/such/clip.${kind}. Expected a file`),
    });
  });

  it("that is not a container is refused", async () => {
    const path = join(folder, "text.mp4");
    writeFileSync(path, "this is not a film\n".repeat(100));
    const { sink } = start(path);
    expect(await sink.closeReason()).toMatchObject({ code: "NALIVE_READ_FAILED" });
  });
});

describe("an RTSP camera", () => {
  it("is received with the parameter sets that only its SDP has, again after a reconnection", async () => {
    const camera = new RtspCamera(clip);
    const { source, sink } = start(await camera.listen());
    expect(source.kind).toBe("live");
    await sink.until(() => sink.sessions[0]?.ended);
    expect(nalUnits(chunks(sink)[0]!).map((nal) => nal[0]! & 31)).toEqual(expect.arrayContaining([7, 8]));
    expect(slices([sink.bytes()])).toEqual([slices(clip).flat()]);
    await sink.until(() => (sink.sessions[1]?.chunks.length ?? 0) > 5);
    await source.stop();
    camera.close();
  });

  it("is received whatever its address ends with", async () => {
    const camera = new RtspCamera(clip, { stayConnected: true });
    const { source, sink } = start((await camera.listen()).replace(/camera$/, "live.sdp"));
    await sink.until(() => sink.sessions[0]);
    await source.stop();
    camera.close();
  });

  it("is received to the last byte without waiting for the next picture", async () => {
    const camera = new RtspCamera(clip, { stayConnected: true });
    const { source, sink } = start(await camera.listen());
    await sink.until(
      () => sink.bytes().length > 0 && slices([sink.bytes()])[0]!.join() === slices(clip).flat().join(),
    );
    await source.stop();
    camera.close();
  });

  it("that accepts and stays silent can be stopped at once", async () => {
    const server = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { source, sink } = start(`rtsp://user:secret@127.0.0.1:${port}/camera`);
    await once(server, "connection");
    const before = performance.now();
    await source.stop();
    expect(performance.now() - before).toBeLessThan(1500);
    expect(JSON.stringify(sink.states)).not.toContain("secret");
    server.close();
  });

  it("that cannot be reached is tried again", async () => {
    const { sink } = start("rtsp://127.0.0.1:1/camera");
    expect(await sink.stateOf("retrying")).toMatchObject({ error: { code: "NALIVE_CONNECT_FAILED" } });
  });
});

describe("rtmp", () => {
  it("connects to the server", async () => {
    const server = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { source } = start(`rtmp://127.0.0.1:${port}/live/camera`);
    const [socket] = await once(server, "connection");
    const [handshake] = await once(socket, "data");
    expect(handshake[0]).toBe(3); // The version of the protocol.
    await source.stop();
    server.close();
  });
});

describe("http", () => {
  it.each(["ts", "flv"])("(%s) is received as live, from the first picture to the end", async (kind) => {
    const path = join(folder, `http.${kind}`);
    mux(clip, path);
    const server = createHttpServer((_, response) => response.end(readFileSync(path))).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { source, sink } = start(`http://127.0.0.1:${port}/live.${kind}`, { reconnect: false });
    expect(source.kind).toBe("live");
    expect(await sink.closeReason()).toBeUndefined();
    expect(slices(chunks(sink))).toEqual(slices(clip));
    server.close();
  });
});

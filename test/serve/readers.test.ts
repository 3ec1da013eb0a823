import { writeFileSync } from "node:fs";
import { get as httpGet, type IncomingMessage } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { missing, why } from "../cli/run-cli.js";
import { clipUnits, get, Peer, publishUnits, run, serve, sleep, temporary, wsUrl } from "./serve-kit.js";

const noFfprobe = missing("ffprobe");

/** A server with a publisher that has sent `count` pictures of a clip. */
async function published(count: number, options?: string) {
  const server = await serve();
  const units = await clipUnits(options);
  const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
  await publishUnits(ws, units.slice(0, count));
  const stream = `${server.url}/streams/cam`;
  const finish = async (until = units.length) => {
    await publishUnits(ws, units.slice(count, until), 2);
    ws.close();
  };
  await sleep(150);
  return { server, units, ws, stream, finish };
}

const requests: IncomingMessage[] = [];
afterEach(() => {
  for (const request of requests.splice(0)) request.destroy();
});

/** Reads an endless response as far as it goes. */
async function read(url: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpGet(url, resolve).on("error", reject);
  });
  requests.push(response);
  const body: Buffer[] = [];
  let ended = false;
  response.on("data", (bytes: Buffer) => body.push(bytes));
  response.on("close", () => (ended = true));
  return {
    response,
    get bytes() {
      return Buffer.concat(body);
    },
    get ended() {
      return ended;
    },
  };
}

/** What ffprobe reports of each decoded frame of a file. */
async function probe(path: string): Promise<{ type: string; time: number }[]> {
  const entries = ["-show_entries", "frame=pict_type,pts_time", "-of", "csv=p=0"];
  const { output, errors } = await run("ffprobe", ["-loglevel", "warning", ...entries, path]).done;
  expect(errors).toBe("");
  return output
    .toString()
    .trim()
    .split("\n")
    .map((line) => {
      const [time, type] = line.split(",");
      return { type: type!, time: Number(time) };
    });
}

describe.skipIf(noFfprobe)(`live.h264${why(noFfprobe)}`, () => {
  it("begins with parameter sets at the last random access point, and decodes without errors", async () => {
    const { stream, finish } = await published(40);
    const reader = await read(`${stream}/live.h264`);
    expect(reader.response.headers["content-type"]).toBe("video/h264");
    await finish();
    await sleep(200);
    expect(reader.bytes[4]! & 31).toBe(7);
    const path = temporary("live.h264");
    writeFileSync(path, reader.bytes);
    const frames = await probe(path);
    expect(frames.map(({ type }) => type).join("")).toBe(`I${"P".repeat(29)}`);
  });
});

describe.skipIf(noFfprobe)(`live.mp4${why(noFfprobe)}`, () => {
  it("plays pictures in order at their rate, from the last random access point on", async () => {
    for (const [index, options] of ["bframes=0", "bframes=2"].entries()) {
      const { stream, finish } = await published(40, `size=320x240&gop=30&frames=75&bitrate=400K&${options}`);
      const reader = await read(`${stream}/live.mp4`);
      expect(reader.response.headers["content-type"]).toBe("video/mp4");
      await finish();
      await sleep(200);
      const path = temporary(`live-${index}.mp4`);
      writeFileSync(path, reader.bytes);
      const frames = await probe(path);
      expect(frames).toHaveLength(45);
      const times = frames.map(({ time }) => time);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(new Set(times).size).toBe(45);
    }
  });

  it("can be read as it arrives: each picture is complete once it was sent", async () => {
    const { stream, units, ws } = await published(31);
    const reader = await read(`${stream}/live.mp4`);
    await sleep(100);
    const fragments = () => reader.bytes.toString("latin1").split("moof").length - 1;
    const before = fragments();
    for (const unit of units.slice(31, 36)) {
      ws.send(unit);
      await sleep(60);
    }
    expect(fragments()).toBe(before + 5);
  });

  it("ends when the picture size changes, so that the reader reconnects", async () => {
    const { stream, ws } = await published(35);
    const reader = await read(`${stream}/live.mp4`);
    await sleep(50);
    await publishUnits(ws, (await clipUnits("size=160x120&gop=30&frames=10&bitrate=100K")).slice(0, 5));
    for (let tries = 0; !reader.ended && tries < 50; tries++) await sleep(20);
    expect(reader.ended).toBe(true);
  });
});

describe("snapshots and motion JPEG", () => {
  it("give the newest whole picture at once, as JPEG and PNG", async () => {
    const { server } = await published(45);
    for (const [path, type, magic] of [
      ["snapshot.jpg", "image/jpeg", "ffd8ff"],
      ["snapshot.png", "image/png", "89504e47"],
    ] as const) {
      const response = await fetch(`${server.url}/streams/cam/${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe(type);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.subarray(0, magic.length / 2).toString("hex")).toBe(magic);
      const file = temporary(path);
      writeFileSync(file, bytes);
      if (noFfprobe) continue;
      const args = ["-loglevel", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", file];
      expect((await run("ffprobe", args).done).output.toString().trim()).toBe("320,240");
    }
  });

  it("give each picture to all clients, from one decoder", async () => {
    const { stream, finish } = await published(35);
    const readers = [await read(`${stream}/live.mjpeg`), await read(`${stream}/live.mjpeg`)];
    const jpegs = (bytes: Buffer) => bytes.toString("latin1").split("\r\n\r\n\xff\xd8").length - 1;
    for (let tries = 0; jpegs(readers[1]!.bytes) === 0 && tries < 100; tries++) await sleep(20);
    await finish();
    await sleep(300);
    for (const reader of readers) {
      expect(reader.response.headers["content-type"]).toBe(
        "multipart/x-mixed-replace; boundary=nalive-picture",
      );
      expect(jpegs(reader.bytes)).toBeGreaterThan(5);
    }
    expect(readers[0]!.bytes.at(-3)).toBe(readers[1]!.bytes.at(-3));
  });

  it("report that there is no picture yet", async () => {
    const server = await serve();
    await new Peer(wsUrl(server, "/publish/cam")).open();
    const { status, text } = await get(server, "/streams/cam/snapshot.jpg");
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({
      code: "NALIVE_NO_PICTURE_YET",
      message: "No complete picture of cam has arrived yet",
    });
  });

  it("answer HEAD requests without decoding anything", async () => {
    const { server } = await published(5);
    const types = {
      "live.h264": "video/h264",
      "live.mp4": "video/mp4",
      "live.mjpeg": "multipart/x-mixed-replace; boundary=nalive-picture",
      "snapshot.jpg": "image/jpeg",
      "snapshot.png": "image/png",
    };
    for (const [path, type] of Object.entries(types)) {
      const { status, text, headers } = await get(server, `/streams/cam/${path}`, { method: "HEAD" });
      expect([status, text, headers.get("content-type")]).toEqual([200, "", type]);
      expect((await get(server, `/streams/none/${path}`, { method: "HEAD" })).status).toBe(404);
    }
    expect(JSON.parse((await get(server, "/api/streams/cam")).text).isDecoding).toBe(false);
  });

  it("answer 404 for a stream that does not exist", async () => {
    const server = await serve();
    const { status, text } = await get(server, "/streams/none/live.mp4");
    expect(status).toBe(404);
    expect(JSON.parse(text).code).toBe("NALIVE_NO_SUCH_STREAM");
  });
});

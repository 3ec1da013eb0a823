import { randomFillSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { type ClientRequest, get as httpGet, type IncomingMessage, request } from "node:http";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningServer } from "../../dist/node/serve/index.js";
import { missing, why } from "../cli/run-cli.js";
import { encodeWithX264 } from "../support/h264/x264.js";
import { get, run, serve, sleep, temporary, Viewer } from "./serve-kit.js";

const noFfmpeg = missing("ffmpeg");
/**
 * The picture in which the publisher pauses. It is too large to be read without a reason, so its
 * end is guessed too early.
 */
const paused = 8;
const pictures = 20;

let units: Uint8Array[];
beforeAll(() => {
  const settings = { width: 320, height: 240, pictures, preset: "ultrafast", tune: "zerolatency" };
  units = encodeWithX264({ ...settings, parameters: "keyint=30:qp=12" }, (frame) => {
    for (const plane of frame.data ?? []) randomFillSync(plane);
  });
});

const requests: ClientRequest[] = [];
afterEach(() => {
  for (const each of requests.splice(0)) each.destroy();
});

/** A publisher by POST: bytes without framing. */
function publish(server: RunningServer, name: string): ClientRequest {
  const publisher = request(`${server.url}/publish/${name}`, { method: "POST" });
  publisher.on("error", () => undefined);
  publisher.setNoDelay(true);
  requests.push(publisher);
  return publisher;
}

async function send(publisher: ClientRequest, index: number, pauseMs = 0): Promise<void> {
  const unit = units[index]!;
  const half = pauseMs > 0 ? unit.length >> 1 : 0;
  if (half > 0) {
    publisher.write(unit.subarray(0, half));
    await sleep(pauseMs);
  }
  publisher.write(unit.subarray(half));
  await sleep(30);
}

/** Reads an endless response as far as it goes. */
async function read(url: string): Promise<Buffer[]> {
  const body: Buffer[] = [];
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    requests.push(httpGet(url, resolve).on("error", reject));
  });
  response.on("data", (bytes: Buffer) => body.push(bytes));
  response.on("error", () => undefined);
  return body;
}

/** The MD5 of each picture, in output order. */
async function decoded(name: string, bytes: Uint8Array): Promise<string[]> {
  const path = temporary(name);
  writeFileSync(path, bytes);
  return decodedFile(path);
}

async function decodedFile(path: string): Promise<string[]> {
  const to = ["-fps_mode", "passthrough", "-f", "framemd5", "-"];
  const { output } = await run("ffmpeg", ["-v", "error", "-nostdin", "-i", path, ...to]).done;
  const lines = output.toString().split("\n");
  return lines.flatMap((line) => (line.includes(",") ? [line.split(",").at(-1)!.trim()] : []));
}

/** The last of each access unit that a viewer received, as one stream. */
function streamOf(viewer: Viewer): Uint8Array {
  const places = new Map<string, Uint8Array>();
  for (const { group, object, unit } of viewer.units) places.set(`${group}.${object}`, unit.data);
  return Buffer.concat([...places.values()]);
}

const images = (body: readonly Buffer[]) =>
  Buffer.concat(body)
    .toString("latin1")
    .split("\r\n\r\n")
    .flatMap((part) =>
      part.startsWith("\xff\xd8") ? [part.slice(0, part.lastIndexOf("\xff\xd9") + 2)] : [],
    );

describe.skipIf(noFfmpeg)(
  `a reader that joins after the end of a picture was guessed wrong${why(noFfmpeg)}`,
  () => {
    it("gets every picture of the group whole, at whichever picture and by whichever output it joins", async () => {
      const server = await serve();
      const wanted = await decoded("wanted.h264", Buffer.concat(units));
      const publisher = publish(server, "cam");
      await send(publisher, 0);
      const early = new Viewer(server, "cam");
      await early.received(1);
      const readers: { name: string; body: () => Uint8Array }[] = [
        { name: "viewer before", body: () => streamOf(early) },
      ];
      const stream = `${server.url}/streams/cam`;
      for (let index = 1; index < pictures; index++) {
        await send(publisher, index, index === paused ? 150 : 0);
        if (index < paused) continue;
        const late = new Viewer(server, "cam");
        readers.push({ name: `viewer at ${index}`, body: () => streamOf(late) });
        for (const output of ["live.h264", "live.mp4"]) {
          const body = await read(`${stream}/${output}`);
          readers.push({ name: `${index}-${output}`, body: () => Buffer.concat(body) });
        }
        if (index === paused + 3) await fetch(`${server.url}/api/streams/cam/recording`, { method: "POST" });
      }
      expect(early.units.filter(({ unit }) => unit.corrects)).not.toHaveLength(0);
      publisher.end();
      await sleep(500);

      for (const { name, body } of readers)
        expect([name, await decoded(name, body())]).toEqual([name, wanted]);
      const { recordings } = JSON.parse((await get(server, "/api/recordings")).text);
      expect(recordings).toHaveLength(1);
      const file = await fetch(`${server.url}/api/recordings/${recordings[0].file}`);
      expect(await decoded("recording.mp4", new Uint8Array(await file.arrayBuffer()))).toEqual(wanted);
    }, 60_000);

    it("gets the same motion JPEG as from a stream without a pause", async () => {
      const server = await serve();
      const publishers = [publish(server, "sound"), publish(server, "cam")] as const;
      const bodies: Buffer[][] = [];
      for (let index = 0; index < pictures; index++) {
        await send(publishers[0], index);
        await send(publishers[1], index, index === paused ? 150 : 0);
        if (index !== paused + 1) continue;
        for (const name of ["sound", "cam"])
          bodies.push(await read(`${server.url}/streams/${name}/live.mjpeg`));
        await sleep(1000);
      }
      await sleep(500);

      const [sound, late] = bodies.map((body) => images(body));
      expect(late!.length).toBeGreaterThan(10);
      expect(late!.filter((image) => !sound!.includes(image))).toHaveLength(0);
      expect(late!.at(-1)).toBe(sound!.at(-1));
    }, 60_000);
  },
);

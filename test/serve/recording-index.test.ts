import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { completeRecording } from "../../dist/node/serve/recording/complete-recording.js";
import { FragmentedMp4 } from "../../dist/wire/fragmented-mp4.js";
import type { AccessUnit } from "../../src/h264/access-unit.js";
import { boxHeader } from "../../src/wire/mp4-reader.js";
import { missing, why } from "../cli/run-cli.js";
import {
  clipUnits,
  get,
  Peer,
  publishUnits,
  run,
  serve,
  sleep,
  temporary,
  Viewer,
  wsUrl,
} from "./serve-kit.js";

const noFfprobe = missing("ffprobe");

/** Types of the boxes of a file; a size of 64 bits may follow the type. */
function boxesOf(path: string): string[] {
  const bytes = readFileSync(path);
  const types: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { size, type } = boxHeader(bytes.subarray(at))!;
    types.push(type);
    at += size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size;
  }
  return types;
}

interface Probed {
  readonly duration: number;
  readonly frames: number;
  readonly keyFrames: number;
  readonly times: readonly number[];
}

/** What ffprobe reports of a file, without complaint. */
async function probe(path: string): Promise<Probed> {
  const entries = ["-show_entries", "format=duration:stream=nb_frames:packet=pts_time,flags", "-of", "json"];
  const { output, errors } = await run("ffprobe", ["-loglevel", "warning", ...entries, path]).done;
  expect(errors).toBe("");
  const { format, streams, packets } = JSON.parse(output.toString());
  return {
    duration: Number(format.duration),
    frames: Number(streams[0].nb_frames),
    keyFrames: packets.filter(({ flags }: { flags: string }) => flags.startsWith("K")).length,
    times: packets.map(({ pts_time }: { pts_time: string }) => Number(pts_time)),
  };
}

/** The access units of a clip of B pictures, as a viewer gets them. */
async function relayed(options: string): Promise<AccessUnit[]> {
  const server = await serve();
  const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
  const viewer = await new Viewer(server, "cam").open();
  const units = await clipUnits(options);
  await publishUnits(ws, units, 1);
  await viewer.received(units.length - 1);
  return viewer.units.map(({ unit }) => unit);
}

const clip = "size=160x120&gop=30&frames=90&bitrate=200K&bframes=2";

/** A recording that was not ended: its fragments, written at 30 pictures per second. */
async function unfinished(path: string): Promise<number> {
  const units = await relayed(clip);
  const mp4 = new FragmentedMp4(units[0]!);
  const timed = units.map((unit, index) => ({ ...unit, lastByteAt: 1e6 + (index * 1e6) / 30 }) as AccessUnit);
  const parts = [mp4.header, ...timed.map((unit) => mp4.fragment(unit) ?? new Uint8Array())];
  writeFileSync(path, Buffer.concat(parts));
  return units.length;
}

describe.skipIf(noFfprobe)(`the index of a recording${why(noFfprobe)}`, () => {
  it("is there once recording ends: length, number of pictures, key frames", async () => {
    const folder = temporary("indexed");
    const server = await serve({ recording: { folder, always: ["cam"] } });
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    await publishUnits(ws, await clipUnits(), 33);
    ws.close();
    await sleep(100);
    await get(server, "/api/streams/cam/recording", { method: "DELETE" });

    const path = join(folder, readdirSync(folder)[0]!);
    expect(boxesOf(path)).toEqual(["ftyp", "mdat", "moov"]);
    const { duration, frames, keyFrames, times } = await probe(path);
    expect(frames).toBe(60);
    expect(keyFrames).toBe(2);
    expect(times).toHaveLength(60);
    expect(times[0]).toBe(0);
    expect(duration).toBeGreaterThan(1.8);
    expect(duration).toBeLessThan(3);
  });

  it("leaves every picture and its time as they were", async () => {
    const path = temporary("kept.mp4");
    const count = await unfinished(path);
    const before = await probe(path);
    const decode = async () => {
      const to = ["-fps_mode", "passthrough", "-f", "framemd5", "-"];
      return (await run("ffmpeg", ["-v", "error", "-nostdin", "-i", path, ...to]).done).output.toString();
    };
    const md5s = (text: string) => text.split("\n").flatMap((line) => line.match(/[0-9a-f]{32}/) ?? []);
    const decoded = md5s(await decode());

    expect(await completeRecording(path)).toBe(true);
    const after = await probe(path);
    expect(after.frames).toBe(count);
    const first = Math.min(...before.times);
    for (const [index, time] of after.times.entries())
      expect(time).toBeCloseTo(before.times[index]! - first, 3);
    expect(decoded).toHaveLength(count);
    expect(md5s(await decode())).toEqual(decoded);
    expect(await completeRecording(path)).toBe(false);
  });

  it.each([
    ["half a picture", (path: string) => truncateSync(path, statSync(path).size - 300), 1],
    [
      "half an index",
      (path: string) => appendFileSync(path, Buffer.from("0000ffff6d6f6f76000000", "hex")),
      0,
    ],
  ])("is made at the next start after a crash that left %s at the end", async (_, crash, lost) => {
    const folder = temporary(`crash-${lost}`);
    mkdirSync(folder);
    const path = join(folder, "cam-20260102-030405.mp4");
    const count = await unfinished(path);
    crash(path);
    await serve({ recording: { folder } });
    await vi.waitFor(() => expect(boxesOf(path)).toEqual(["ftyp", "mdat", "moov"]), 10_000);
    expect((await probe(path)).frames).toBe(count - lost);
  });

  it("is made for no file that is not a recording", async () => {
    const path = temporary("foreign.mp4");
    for (const bytes of [Buffer.alloc(0), Buffer.from("no MP4 at all"), Buffer.alloc(4000, 0xff)]) {
      writeFileSync(path, bytes);
      expect(await completeRecording(path)).toBe(false);
      expect(readFileSync(path)).toEqual(bytes);
    }
  });
});

describe.skipIf(noFfprobe)(`a recorded file${why(noFfprobe)}`, () => {
  it("never holds two sizes, however soon after its start the size changes", async () => {
    const folder = temporary("two-sizes");
    const [large, small] = [await clipUnits(), await clipUnits("size=160x120&gop=30&frames=10&bitrate=100K")];
    const server = await serve({ recording: { folder, always: ["cam"] } });
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    const isRecording = async () =>
      JSON.parse((await get(server, "/api/streams/cam/recording")).text).isRecording;
    await vi.waitFor(async () => expect(await isRecording()).toBe(true));
    // All of it arrives while the first file is being created.
    ws.send(Buffer.concat([...large.slice(0, 3), ...small.slice(0, 3), ...large.slice(0, 3)]));
    await vi.waitFor(async () =>
      expect(JSON.parse((await get(server, "/api/streams/cam")).text).pictures).toBeGreaterThan(7),
    );
    ws.close();
    await sleep(200);
    await get(server, "/api/streams/cam/recording", { method: "DELETE" });
    const sizes = [];
    for (const file of readdirSync(folder).sort()) {
      const entries = ["-v", "error", "-show_entries", "frame=width", "-of", "csv=p=0", join(folder, file)];
      sizes.push((await run("ffprobe", entries).done).output.toString().match(/\d+/g)!.join(" "));
    }
    expect(sizes.sort()).toEqual(["160 160 160", "320 320 320", "320 320 320"]);
  });
});

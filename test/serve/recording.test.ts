import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { missing, startCli, why } from "../cli/run-cli.js";
import { encodeWithX264 } from "../support/h264/x264.js";
import { clipUnits, get, Peer, published, publishUnits, run, sleep, temporary, wsUrl } from "./serve-kit.js";

const noFfprobe = missing("ffprobe");
const cli = new URL("../../dist/cli/main.js", import.meta.url).pathname;

const json = async (server: Parameters<typeof get>[0], path: string, method = "GET") =>
  JSON.parse((await get(server, path, { method })).text);

/** The frames of a file that ffprobe decodes; it must not complain. */
async function frames(path: string): Promise<number> {
  const args = ["-loglevel", "warning", "-count_frames", "-show_entries", "stream=nb_read_frames"];
  const { output, errors } = await run("ffprobe", [...args, "-of", "csv=p=0", path]).done;
  expect(errors).toBe("");
  return Number(output.toString().trim());
}

describe.skipIf(noFfprobe)(`recording${why(noFfprobe)}`, () => {
  it("begins at the last random access point, loses nothing, and can be listed, downloaded and deleted", async () => {
    const { server, ws, units } = await published();
    await publishUnits(ws, units.slice(0, 40), 2);
    await sleep(150);
    expect((await get(server, "/api/streams/cam/recording", { method: "POST" })).status).toBe(201);
    expect(await json(server, "/api/streams/cam/recording", "POST")).toMatchObject({ isRecording: true });
    await publishUnits(ws, units.slice(40), 2);
    await sleep(200);
    const [open] = (await json(server, "/api/recordings")).recordings;
    expect(open).toMatchObject({ stream: "cam", isOpen: true });
    expect((await get(server, `/api/recordings/${open.file}`, { method: "DELETE" })).status).toBe(404);
    const stopped = await json(server, "/api/streams/cam/recording", "DELETE");
    expect(stopped).toMatchObject({ isRecording: false, files: [open.file] });
    const response = await fetch(`${server.url}/api/recordings/${open.file}`);
    expect(response.headers.get("content-type")).toBe("video/mp4");
    const path = temporary("download.mp4");
    writeFileSync(path, Buffer.from(await response.arrayBuffer()));
    expect(await frames(path)).toBe(30);
    expect((await get(server, `/api/recordings/${open.file}`, { method: "DELETE" })).status).toBe(204);
    expect((await json(server, "/api/recordings")).recordings).toEqual([]);
  });

  it("starts a new file at a random access point after the configured time, and loses nothing between files", async () => {
    const folder = temporary("segments");
    const { server, ws, units } = await published({
      recording: { folder, always: ["cam"], segmentSeconds: 0.05 },
    });
    for (let round = 0; round < 3; round++) await publishUnits(ws, units, 5);
    ws.close();
    await sleep(100);
    await json(server, "/api/streams/cam/recording", "DELETE");
    const files = readdirSync(folder).sort();
    expect(files.length).toBe(6);
    let total = 0;
    for (const file of files) total += await frames(join(folder, file));
    expect(total).toBe(180);
  });

  it("starts a new file when the picture size changes", async () => {
    const folder = temporary("sizes");
    const { server, ws, units } = await published({ recording: { folder, always: ["*"] } });
    await publishUnits(ws, units.slice(0, 10), 2);
    await publishUnits(ws, await clipUnits("size=160x120&gop=30&frames=10&bitrate=100K"), 2);
    ws.close();
    await sleep(100);
    await json(server, "/api/streams/cam/recording", "DELETE");
    const counts = await Promise.all(readdirSync(folder).map((file) => frames(join(folder, file))));
    expect(counts).toEqual([10, 10]);
  });

  it("plays up to the last second after the server was killed", async () => {
    const folder = temporary("killed");
    const args = ["serve", "--port", "0", "--recordings", folder, "--record", "cam", "--log", "silent"];
    const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => (said += bytes));
    while (!/serving at (\S+)/.test(said)) await sleep(20);
    const url = /serving at (\S+)/.exec(said)![1]!;
    const { ws } = await new Peer(`${url.replace("http", "ws")}/publish/cam`).open();
    const units = await clipUnits();
    await publishUnits(ws, units, 10);
    await sleep(100);
    child.kill("SIGKILL");
    const [file] = readdirSync(folder);
    expect(await frames(join(folder, file!))).toBeGreaterThanOrEqual(59);
  });

  it("is complete when the server stops", async () => {
    const folder = temporary("stopped");
    const { server, ws, units } = await published({ recording: { folder, always: ["cam"] } });
    await publishUnits(ws, units, 2);
    await sleep(100);
    await server.stop();
    expect(await frames(join(folder, readdirSync(folder)[0]!))).toBe(60);
  });
});

describe("recording without room", () => {
  it("is refused if the disk has less free space than configured", async () => {
    const { server, ws, units } = await published({ recording: { minFreeMegabytes: 1e12 } });
    await publishUnits(ws, units.slice(0, 5));
    const { status, text } = await get(server, "/api/streams/cam/recording", { method: "POST" });
    expect(status).toBe(507);
    expect(JSON.parse(text)).toMatchObject({
      code: "NALIVE_RECORDING_FAILED",
      message: expect.stringContaining("recording.minFreeMegabytes"),
    });
  });

  it("starts again with each publisher of a stream that is always recorded, even after a manual stop", async () => {
    const folder = temporary("always");
    const { server, ws } = await published({ recording: { folder, always: ["cam"] } });
    const state = () => json(server, "/api/streams/cam/recording");
    // The server checks the disk first.
    const begins = () => vi.waitFor(async () => expect(await state()).toMatchObject({ isRecording: true }));
    await begins();
    await json(server, "/api/streams/cam/recording", "DELETE");
    expect(await state()).toMatchObject({ isRecording: false });
    ws.close();
    await sleep(100);
    await new Peer(wsUrl(server, "/publish/cam")).open();
    await begins();
  });

  it("reports why a stream that should always be recorded is not", async () => {
    const folder = temporary("a-file/recordings");
    writeFileSync(temporary("a-file"), "");
    const { server } = await published({ recording: { folder, always: ["*"] } });
    await sleep(100);
    expect(await json(server, "/api/streams/cam/recording")).toMatchObject({
      isRecording: false,
      failure: expect.stringMatching(/^cam cannot be recorded: ENOTDIR: .*a-file/),
    });
  });

  it("stops when the disk is full, keeps whole fragments, and does not affect viewers", async ({ skip }) => {
    const folder = temporary("full");
    mkdirSync(folder);
    const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=200k", "tmpfs", folder]);
    skip(status !== 0, "no right to mount a small disk");
    try {
      const { server, ws, units } = await published({
        recording: { folder, always: ["cam"], minFreeMegabytes: 0 },
      });
      for (let round = 0; round < 4; round++) await publishUnits(ws, units, 2);
      await sleep(100);
      const state = await json(server, "/api/streams/cam/recording");
      expect(state).toMatchObject({
        isRecording: false,
        failure: "cam is no longer recorded: the disk is full",
      });
      expect((await json(server, "/api/streams/cam")).pictures).toBeGreaterThanOrEqual(239);
      const [file] = readdirSync(folder);
      if (!noFfprobe) expect(await frames(join(folder, file!))).toBeGreaterThan(60);
    } finally {
      execFileSync("umount", [folder]);
    }
  });
});

/**
 * Mounts a separate disk in `folder`, which the test can suspend. Undefined without the right to
 * mount.
 */
function mountDisk(folder: string) {
  mkdirSync(folder, { recursive: true });
  const image = `${folder}.img`;
  writeFileSync(image, "");
  truncateSync(image, 128 * 2 ** 20);
  const isMounted =
    spawnSync("mkfs.ext4", ["-q", image]).status === 0 &&
    spawnSync("mount", ["-o", "loop", image, folder]).status === 0;
  if (!isMounted) return undefined;
  // One process suspends and resumes, so that a test that dies leaves no suspended disk behind.
  const script = 'fsfreeze -f "$1" && echo && sleep "$2"; fsfreeze -u "$1"';
  const standStill = async (seconds: number) => {
    const child = spawn("sh", ["-c", script, "-", folder, `${seconds}`], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    return { ended };
  };
  // Lazily: a recorder may still be writing there.
  return { standStill, unmount: () => execFileSync("umount", ["--lazy", folder]) };
}

let noise: Uint8Array[] | undefined;

/** Ninety pictures of noise, 100 KB each, in groups of 15. */
function largeUnits(): Uint8Array[] {
  if (noise) return noise;
  const settings = { width: 320, height: 240, pictures: 90, preset: "ultrafast", tune: "zerolatency" };
  noise = encodeWithX264({ ...settings, parameters: "keyint=15:qp=12" }, (frame) => {
    for (const plane of frame.data ?? []) randomFillSync(plane);
  });
  return noise;
}

describe.skipIf(noFfprobe)(`recording on a slow disk${why(noFfprobe)}`, () => {
  const folder = temporary("slow");
  let disk: ReturnType<typeof mountDisk>;
  beforeEach(({ skip }) => {
    disk = mountDisk(folder);
    skip(!disk, "no right to mount a disk");
  });
  afterEach(() => disk?.unmount());

  async function recorded() {
    const config = temporary("slow.yaml");
    writeFileSync(config, `recording: { folder: ${folder}, minFreeMegabytes: 0, always: [cam] }\n`);
    const started = startCli(["serve", "--port", "0", "--config", config]);
    const url = (await started.says(/serving at (\S+)/))[1]!;
    const { ws } = await new Peer(`${url.replace("http", "ws")}/publish/cam`).open();
    const recording = async (method = "GET") =>
      (await fetch(`${url}/api/streams/cam/recording`, { method })).json();
    await vi.waitFor(async () => expect(await recording()).toMatchObject({ isRecording: true }));
    const stop = async () => {
      started.child.kill("SIGTERM");
      const lines = (await started.ended).stdout.toString().split("\n").filter(Boolean);
      return lines.map((line) => JSON.parse(line));
    };
    return { url, ws, recording, stop, units: largeUnits() };
  }

  it("counts the pictures that it lacks, and reports the first of them", async () => {
    const { url, ws, recording, stop, units } = await recorded();
    await publishUnits(ws, units, 2);
    const still = await disk!.standStill(4);
    await publishUnits(ws, units, 15);
    await publishUnits(ws, units, 15);
    await still.ended;
    await publishUnits(ws, units, 2);
    ws.close();
    await sleep(500);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const { dropped, files } = await recording("DELETE");
    const log = await stop();

    expect(dropped).toBeGreaterThan(30);
    expect((await frames(join(folder, files[0]))) + dropped).toBe(4 * units.length);
    const counts = metrics.matchAll(
      /^nalive_dropped_for_recordings_total\{stream="cam",reason="[a-z-]+"\} (\d+)$/gm,
    );
    expect([...counts].reduce((sum, [, count]) => sum + Number(count), 0)).toBe(dropped);
    expect(log.filter(({ level }) => level === "warn")).toEqual([
      expect.objectContaining({ stream: "cam", msg: expect.stringContaining("the disk is too slow") }),
    ]);
  }, 60_000);

  it("writes what waits for the disk when it is stopped", async () => {
    const { ws, recording, units } = await recorded();
    await publishUnits(ws, units, 2);
    await sleep(100);
    const still = await disk!.standStill(3);
    await publishUnits(ws, [...units, ...units], 1);
    ws.close();
    await sleep(300);
    const { dropped, files } = await recording("DELETE");
    await still.ended;
    expect((await frames(join(folder, files[0]))) + dropped).toBe(3 * units.length);
  }, 60_000);

  it("bounds what waits while the disk does not create the file", async () => {
    const { ws, recording, units } = await recorded();
    const still = await disk!.standStill(5);
    await publishUnits(ws, [...units, ...units, ...units], 12);
    const { dropped, files } = await recording();
    await still.ended;
    expect(files).toEqual([]);
    expect(dropped).toBeGreaterThan(30);
  }, 60_000);
});

describe("names of recordings", () => {
  it("never lead outside the folder", async () => {
    const { server } = await published();
    for (const name of ["..%2f..%2fetc%2fpasswd", "cam.mp4", "%2e%2e%2fcam-20260102-030405.mp4"]) {
      for (const method of ["GET", "DELETE"]) {
        const { status, text } = await get(server, `/api/recordings/${name}`, { method });
        expect(status).toBe(404);
        expect(JSON.parse(text).code).toBe("NALIVE_NO_SUCH_RECORDING");
      }
    }
  });
});

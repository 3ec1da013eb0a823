import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { missing, startCli, why } from "../cli/run-cli.js";
import { clipUnits, get, Peer, publishUnits, serve, sleep, temporary, wsUrl } from "./serve-kit.js";

const noCompiler = missing("cc");

/** Replaces functions of the C library for files whose name ends in .mp4. */
const oddDisk = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
static int is_recording(int fd) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, ".mp4") != 0;
}
int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  if (is_recording(fd) && getenv("SLOW_FSYNC")) usleep(1500 * 1000);
  if (is_recording(fd) && getenv("FAILING_FSYNC")) { errno = EIO; return -1; }
  return real(fd);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
  return getenv("WRITES_NOTHING") && is_recording(fd) ? 0 : real(fd, bytes, count, at);
}
`;

const library = temporary("odd-disk.so");
beforeAll(() => {
  if (noCompiler) return;
  const source = temporary("odd-disk.c");
  writeFileSync(source, oddDisk);
  expect(spawnSync("cc", ["-shared", "-fPIC", "-o", library, source, "-ldl"]).status).toBe(0);
});

/** A server on a disk with a fault, and a publisher that has sent a few pictures. */
async function onDiskWith(fault: string) {
  const folder = temporary(fault);
  const env = { ...process.env, [fault]: "1", LD_PRELOAD: library };
  const started = startCli(["serve", "--port", "0", "--recordings", folder], { env });
  const url = (await started.says(/serving at (\S+)/))[1]!;
  const { ws } = await new Peer(`${url.replace("http", "ws")}/publish/cam`).open();
  const recording = async (method = "GET") =>
    (await fetch(`${url}/api/streams/cam/recording`, { method })).json();
  const send = async () => publishUnits(ws, (await clipUnits()).slice(0, 30), 5);
  await send();
  await recording("POST");
  await send();
  return { folder, url, ws, recording, send };
}

describe.skipIf(noCompiler)(`recording on a disk with a fault${why(noCompiler)}`, () => {
  it("reports what may be lost, and the server goes on (FAILING_FSYNC)", async () => {
    const { url, recording } = await onDiskWith("FAILING_FSYNC");
    const failure = expect.stringMatching(/cam may lack the last pictures of cam-.*: EIO/);
    expect(await recording("DELETE")).toMatchObject({ isRecording: false, failure });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it("ends where the disk takes no bytes (WRITES_NOTHING)", async () => {
    const { recording } = await onDiskWith("WRITES_NOTHING");
    const failure = "cam is no longer recorded: the disk takes no bytes";
    await vi.waitFor(async () => expect(await recording()).toMatchObject({ isRecording: false, failure }));
  });

  it("records at once when it is started while the file before is being completed (SLOW_FSYNC)", async () => {
    const { folder, recording, send } = await onDiskWith("SLOW_FSYNC");
    const stopped = recording("DELETE");
    await sleep(200);
    expect(await recording("POST")).toMatchObject({ isRecording: true });
    await send();
    await stopped;
    expect(await recording()).toMatchObject({ isRecording: true, files: [expect.any(String)] });
    expect(readdirSync(folder)).toHaveLength(2);
  });
});

describe("a folder of recordings", () => {
  it("may lose the file that is being written: recording goes on in a new one, and says so", async () => {
    const folder = temporary("removed");
    const server = await serve({ recording: { folder, always: ["cam"] } });
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    const send = async () => publishUnits(ws, (await clipUnits()).slice(0, 30), 5);
    await send();
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1));
    rmSync(join(folder, readdirSync(folder)[0]!));
    const recording = async () => JSON.parse((await get(server, "/api/streams/cam/recording")).text);
    await vi.waitFor(
      async () =>
        expect((await recording()).failure).toMatch(/recorded to a new file: somebody removed cam-/),
      10_000,
    );
    await send();
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1));
    expect(await recording()).toMatchObject({ isRecording: true });
  }, 30_000);

  it("gives out no file that a link points to", async () => {
    const folder = temporary("links");
    const server = await serve({ recording: { folder, always: ["cam"] } });
    await new Peer(wsUrl(server, "/publish/cam")).open();
    await vi.waitFor(() => expect(readdirSync(folder)).toBeDefined());
    symlinkSync("/etc/hostname", join(folder, "cam-20260102-030405.mp4"));
    expect((await get(server, "/api/recordings/cam-20260102-030405.mp4")).status).toBe(404);
    expect(JSON.parse((await get(server, "/api/recordings")).text).recordings).toEqual([]);
  });

  it("tells nobody without a token which files it has", async () => {
    const server = await serve({
      view: { token: "a-token-to-view" },
      publish: { token: "a-token-to-publish" },
    });
    const statuses = [];
    for (const file of ["cam-20260102-030405.mp4", "no-recording", "..%2fpasswd"]) {
      for (const method of ["GET", "DELETE"]) {
        statuses.push((await get(server, `/api/recordings/${file}`, { method })).status);
      }
    }
    expect(new Set(statuses)).toEqual(new Set([401]));
  });
});

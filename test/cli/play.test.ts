import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSdl } from "../../dist/node/display/sdl2.js";
import { numberBlockSize } from "../../src/node/source/test-camera/test-picture.js";
import { noKeyboard, noScreen, type Screenshot, Xvfb } from "../display/xvfb.js";
import { clip, temporary } from "../stream/stream-kit.js";
import { startCli, why } from "./run-cli.js";

const noSdl = await loadSdl().then(
  () => undefined,
  () => "SDL 2 is not installed",
);
const skip = process.platform !== "linux" ? "needs Linux" : (noSdl ?? noScreen ?? noKeyboard);
const noDisplay = { DISPLAY: undefined, WAYLAND_DISPLAY: undefined, SDL_VIDEODRIVER: undefined };

describe.skipIf(skip)(`nalive play${why(skip)}`, () => {
  const [width, height] = [640, 360];
  let screen: Xvfb;

  beforeAll(async () => {
    screen = await Xvfb.start(1280, 800);
  });
  afterAll(() => screen?.stop());

  const play = (args: string[], cwd?: string) =>
    startCli(["play", ...args], {
      env: { ...noDisplay, DISPLAY: screen.display },
      ...(cwd === undefined ? {} : { cwd }),
    });

  /**
   * The number that the test camera has drawn, in the middle of the screen; undefined before there
   * is a picture.
   */
  function numberOn(shot: Screenshot): number | undefined {
    const [left, top, side] = [(1280 - width) / 2, (800 - height) / 2, numberBlockSize(width)];
    const isWhite = (x: number, y: number) => shot.at(left + x, top + y).every((value) => value > 128);
    if (shot.at(left + width - 5, top + 5).every((value) => value < 8)) return undefined;
    let number = 0;
    for (let bit = 0; bit < 24; bit++) number = number * 2 + (isWhite((bit + 0.5) * side, side / 2) ? 1 : 0);
    return number;
  }

  /** Waits for a number on the screen that is above this one. */
  async function numberAbove(least: number): Promise<number> {
    for (;;) {
      const number = numberOn(screen.screenshot());
      if (number !== undefined && number > least) return number;
      await delay(20);
    }
  }

  const press = (key: string) => {
    const [id] = screen.xdotool("search", "--sync", "--name", "640x360").split("\n");
    screen.xdotool("windowfocus", "--sync", id!);
    screen.xdotool("key", key);
  };

  it("shows with --show-damaged what comes after a loss", async () => {
    const { units } = await clip(`size=${width}x${height}&frames=300&gop=300`);
    const path = temporary("lost-one.h264");
    writeFileSync(path, Buffer.concat(units.filter((_, index) => index !== 5)));
    const playing = play([path, "--live", "30", "--show-damaged"]);
    expect(await numberAbove(10)).toBeGreaterThan(10);
    press("q");
    expect((await playing.ended).code).toBe(0);
  });

  it.each(["asap", "smooth"])("shows the test camera with --pace %s, and q quits", async (pace) => {
    const playing = play([`test:?size=${width}x${height}&fps=30`, "--pace", pace]);
    const first = await numberAbove(0);
    const second = await numberAbove(first);
    expect(await numberAbove(second)).toBeLessThan(10_000);
    press("q");
    const { code, stdout, stderr } = await playing.ended;
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout: stdout.length }).toEqual({ code: 0, stdout: 0 });
  });

  it("saves what it shows as a PNG when s is pressed, and quits on Escape", async () => {
    const folder = temporary("snapshots");
    mkdirSync(folder);
    const playing = play([`test:?size=${width}x${height}&fps=30`], folder);
    await numberAbove(0);
    press("s");
    const [, name] = await playing.says(/saved (nalive-\S+\.png)/);
    press("Escape");
    expect((await playing.ended).code).toBe(0);
    expect(readdirSync(folder)).toEqual([name]);
    const png = readFileSync(join(folder, name!));
    expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([width, height]);
  });

  it("ends with the file that it plays, and counts its pictures", async () => {
    const { path } = await clip("size=128x96&frames=20&gop=20&bitrate=200k");
    const { code, stderr } = await play([path, "--stats"]).ended;
    expect(stderr).toMatch(/20 pictures shown/);
    expect(code).toBe(0);
  });

  it("says what is wrong with its source", async () => {
    const { code, stderr } = await play([temporary("none.h264")]).ended;
    expect(stderr).toContain("[NALIVE_NO_SUCH_FILE]");
    expect(code).toBe(1);
  });
});

describe.skipIf(process.platform !== "linux" || noSdl)(`nalive play without a display${why(noSdl)}`, () => {
  it.each([
    ["a file that does not exist", ["127.0.0.1:5000"], "NALIVE_NO_SUCH_FILE"],
    ["a file of text", [fileURLToPath(new URL("../../README.md", import.meta.url))], "NALIVE_NOT_H264"],
    ["an address of another machine", ["tcp://192.0.2.1:5000?listen"], "NALIVE_LISTEN_FAILED"],
    ["a host without a listener", ["tcp://127.0.0.1:1", "--no-reconnect"], "NALIVE_CONNECT_FAILED"],
  ])("speaks of %s first", async (_what, args, errorCode) => {
    const { code, stderr } = await startCli(["play", ...args], { env: noDisplay }).ended;
    expect(stderr).toContain(`[${errorCode}]`);
    expect(stderr).not.toContain("NALIVE_NO_DISPLAY");
    expect(code).toBe(1);
  });

  it("says so, with what to do instead", async () => {
    const { code, stderr } = await startCli(["play", "test:"], { env: noDisplay }).ended;
    expect(stderr).toMatch(/neither DISPLAY nor WAYLAND_DISPLAY is set.*nalive decode/);
    expect(stderr).toContain("[NALIVE_NO_DISPLAY]");
    expect(code).toBe(1);
  });
});

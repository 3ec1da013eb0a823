import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporary } from "../stream/stream-kit.js";
import { startCli } from "./run-cli.js";

const noDisplay = { DISPLAY: undefined, WAYLAND_DISPLAY: undefined, SDL_VIDEODRIVER: undefined };

it("nalive demo without a display prints figures and saves a picture, however soon it ends", async () => {
  const folder = temporary("demo");
  mkdirSync(join(folder, "out"), { recursive: true });
  writeFileSync(join(folder, "out/demo.png"), "of an earlier run");
  const { code, stderr } = await startCli(["demo", "--seconds", "0.5"], { env: noDisplay, cwd: folder })
    .ended;
  expect(stderr).toMatch(/showing figures instead.*saved out.demo\.png/s);
  expect(stderr).toMatch(/\d+ pictures shown in /);
  expect(code).toBe(0);
  const png = readFileSync(join(folder, "out/demo.png"));
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1280, 720]);
});

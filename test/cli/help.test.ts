import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cli } from "./run-cli.js";

describe("nalive help", () => {
  it.each(["play", "decode", "send", "probe", "demo", "serve", "view", "start"])(
    "of %s is a sentence and shows a real example",
    async (command) => {
      const { code, stdout, stderr } = await cli(command, "--help");
      expect(stdout.toString()).toMatch(/^Usage: .*\n\n[A-Z][\s\S]*?\.\n\n/);
      expect(stdout.toString()).toMatch(new RegExp(`Examples?:\\n.+ nalive ${command} `, "s"));
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    },
  );

  it("names every kind of source", async () => {
    const { stdout } = await cli("--help");
    for (const scheme of ["tcp://", "?listen", "ws://", "udp://", "unix:", "exec:", "-", "test:", "rtsp://"])
      expect(stdout.toString()).toContain(scheme);
  });

  it("says its version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect((await cli("--version")).stdout.toString()).toBe(`${version}\n`);
  });

  it("is pointed to when the command is unknown", async () => {
    const { code, stdout, stderr } = await cli("decoed", "test:");
    expect(stderr).toMatch(
      /^nalive: Unknown command 'decoed'.*Did you mean decode.*Run `nalive --help` for usage/s,
    );
    expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
  });
});

import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clip, temporary } from "../stream/stream-kit.js";
import { cli } from "./run-cli.js";

describe("nalive decode of bytes that hold no whole picture", () => {
  it("ends with exit code 0 when there are no bytes: nothing was asked of it", async () => {
    const path = temporary("empty.h264");
    writeFileSync(path, "");
    const { code, stdout, stderr } = await cli("decode", path);
    expect(stdout).toHaveLength(0);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(0);
  });

  it("says so when it holds parameter sets only", async () => {
    const { units } = await clip("size=128x96&frames=40&gop=20&bitrate=200k");
    const path = temporary("only-sets.h264");
    writeFileSync(path, units[0]!.subarray(0, 60));
    const { code, stderr } = await cli("decode", path);
    expect(stderr).toContain("[NALIVE_NO_PICTURE]");
    expect(code).toBe(1);
  });

  it("says so when the stream begins after its only random access point", async () => {
    const { units } = await clip("size=128x96&frames=20&gop=100&bitrate=200k");
    const path = temporary("headless.h264");
    writeFileSync(path, Buffer.concat(units.slice(1)));
    const { code, stderr } = await cli("decode", path);
    expect(stderr).toMatch(/without one whole picture .*the PPS with id 0 has not come/);
    expect(stderr).toContain("[NALIVE_NO_PICTURE]");
    expect(code).toBe(1);
  });
});

import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clip, connected, temporary } from "../stream/stream-kit.js";
import { annexB } from "../support/bytes.js";
import { sliceNal } from "../support/h264/coded-picture.js";
import { ppsNal, spsNal } from "../support/h264/h264-syntax.js";
import { cli, startCli } from "./run-cli.js";

const withB = "size=322x182&frames=61&gop=24&bframes=2&slices=2&bitrate=1M";

describe("nalive probe", () => {
  it("says in words what a file is", async () => {
    const { path } = await clip(withB);
    const { code, stdout, stderr } = await cli("probe", path);
    const row = (name: string) => new RegExp(`^${name} +(.*)$`, "m").exec(stdout.toString())?.[1];
    expect(row("codec")).toMatch(/^H\.264 Main, level \d.* \(avc1\.4D[0-9A-F]{4}\), CAVLC$/);
    expect(row("size")).toBe("322x182, coded as 336x192");
    expect(row("samples")).toBe("4:2:0, 8 bits, progressive");
    expect(row("rate")).toBe("30.00 pictures/s stated");
    expect(row("pictures")).toMatch(/^61: 3 I, \d+ P, \d+ B/);
    expect(row("random access")).toBe("3 IDR, 0 recovery points, every 24 pictures");
    expect(row("slices")).toBe("2 per picture");
    expect(row("order")).toMatch(/pic_order_cnt_type 0, reorder depth [12] seen, 2 stated/);
    expect(row("parameter sets")).toMatch(/^1 SPS \(id 0\), 1 PPS \(id 0\) in 6 NAL units; VUI with/);
    expect(row("delimiters")).toBe("no");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("prints the same as JSON, and nothing else", async () => {
    const { path } = await clip(withB);
    const { code, stdout } = await cli("probe", "--json", path);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout.toString());
    expect(summary).toMatchObject({
      codec: expect.stringMatching(/^avc1\.4D/),
      profile: "Main",
      width: 322,
      height: 182,
      codedWidth: 336,
      codedHeight: 192,
      chroma: "4:2:0",
      bitDepth: 8,
      scan: "progressive",
      statedRate: 30,
      idr: 3,
      gop: { min: 24, mean: 24, max: 24 },
      slicesPerPicture: { min: 2, mean: 2, max: 2 },
      statedReorderDepth: 2,
      hasVui: true,
      hasBitstreamRestriction: true,
      unsupported: [],
      issues: [],
    });
    const { total, I, P, B } = summary.pictures;
    expect([total, I + P + B]).toEqual([61, 61]);
  });

  it("looks at a live sender until it knows its groups of pictures, then lets it go", async () => {
    const { units } = await clip("size=128x96&frames=60&gop=10&bitrate=200k");
    const probe = startCli(["probe", "--json", "tcp://127.0.0.1:0?listen"]);
    const socket = await connected(await probe.port());
    // The sender stays: probe has to end by itself.
    for (const unit of units) socket.write(unit);
    const { code, stdout, stderr } = await probe.ended;
    socket.destroy();
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({ width: 128, height: 96, gop: { mean: 10 } });
    expect(stderr).toMatch(/listening on/);
  });

  it("says that nothing arrives, and where it listens", async () => {
    const probe = startCli(["probe", "udp://127.0.0.1:0"]);
    const port = await probe.port();
    await probe.says(new RegExp(`Nothing has arrived on 127\\.0\\.0\\.1:${port} for 5 s: check`));
    probe.child.kill("SIGINT");
    const { code, stderr } = await probe.ended;
    expect(stderr).toMatch(/Nothing has arrived on udp:.* yet\. \[NALIVE_NOT_H264\]/);
    expect(code).toBe(1);
  });

  it.each([
    ["no start code", "Dear reader, this is no video.\n".repeat(9), "NALIVE_NOT_H264", /looks like text/],
    ["no picture", Buffer.from(annexB(spsNal(), ppsNal())), "NALIVE_NO_PICTURE", /no picture in them/],
    ["no byte", "", "NALIVE_NOT_H264", /is empty\. Expected raw H\.264/],
  ])("says so when there is %s", async (_what, content, errorCode, message) => {
    const path = temporary(`probed-${errorCode}-${content.length}.h264`);
    writeFileSync(path, content);
    const { code, stdout, stderr } = await cli("probe", path);
    expect(stderr).toContain(`[${errorCode}]`);
    expect(stderr).toMatch(message);
    expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
  });
});

describe("a stream whose SPS states an absurd size", () => {
  it.each([
    ["probe", 65_536, /pic_width_in_mbs_minus1 was 65535, expected 0 to 1023/],
    ["decode", 65_536, /pic_width_in_mbs_minus1 was 65535, expected 0 to 1023/],
    ["probe", 1024, /picture size was 16384x16384, expected at most/],
    ["decode", 1024, /picture size was 16384x16384, expected at most/],
  ])("is refused by %s with the size: %d macroblocks a side", async (command, side, message) => {
    const path = temporary(`absurd-${command}-${side}.h264`);
    const sps = spsNal({ widthInMbs: side, heightInMapUnits: side });
    const slices = [sliceNal({ idr: true, payload: 500 }), sliceNal({ frameNum: 1, payload: 500 })];
    writeFileSync(path, annexB(sps, ppsNal(), ...slices));
    const { code, stdout, stderr } = await cli(command, path);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("[NALIVE_NO_PICTURE]");
    expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
  });
});

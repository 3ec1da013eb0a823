import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clip, md5, reference, temporary, upTo } from "../stream/stream-kit.js";
import { cli, type Ended, shell, startCli } from "./run-cli.js";

const small = "size=128x96&frames=40&gop=20&bitrate=200k";
const frameBytes = 128 * 96 * 3;

/** Only the message of the source shows which UDP port it got. */
const receive = (source: string, ...args: string[]) =>
  startCli(["decode", source, "--every-frame", "--no-reconnect", ...args]);

const md5sIn = ({ stdout }: Ended) =>
  upTo(stdout.length / frameBytes).map((at) => md5(stdout.subarray(at * frameBytes, (at + 1) * frameBytes)));

describe("nalive send to nalive decode", () => {
  it.each([
    ["tcp", "tcp://127.0.0.1:0?listen", (port: number) => `tcp://127.0.0.1:${port}`],
    ["ws", "ws://127.0.0.1:0/camera?listen", (port: number) => `ws://127.0.0.1:${port}/camera`],
  ])("over %s: every picture, whole or in pieces", async (_name, source, target) => {
    const sent = await clip(small);
    const expected = await reference(sent);
    for (const chunk of [[], ["--chunk", "100"]]) {
      const decode = receive(source);
      const send = await cli("send", sent.path, target(await decode.port()), "--fps", "100", ...chunk);
      expect(send.stderr).toMatch(/sent 40 pictures, 0\.0\d MB/);
      expect(send.code).toBe(0);
      const decoded = await decode.ended;
      expect(md5sIn(decoded)).toEqual(expected);
      expect(decoded.code).toBe(0);
    }
  });

  it("over a Unix socket: every picture", async () => {
    const sent = await clip(small);
    const path = temporary("socket");
    const decode = receive(`unix:${path}?listen`);
    await decode.says(/listening/);
    expect((await cli("send", sent.path, `unix:${path}`, "--fps", "100")).code).toBe(0);
    expect(md5sIn(await decode.ended)).toEqual(await reference(sent));
  });

  it("over UDP: every picture", async () => {
    const sent = await clip(small);
    const decode = receive("udp://127.0.0.1:0", "--frames", "39");
    const target = `udp://127.0.0.1:${await decode.port()}`;
    expect((await cli("send", sent.path, target, "--fps", "50")).code).toBe(0);
    expect(md5sIn(await decode.ended)).toEqual((await reference(sent)).slice(0, 39));
  });

  it("to a receiver that connects: from the first picture on", async () => {
    const sent = await clip(small);
    const send = startCli(["send", sent.path, "tcp://127.0.0.1:0?listen", "--fps", "100"]);
    const decode = receive(`tcp://127.0.0.1:${await send.port()}`);
    expect(md5sIn(await decode.ended)).toEqual(await reference(sent));
    expect((await send.ended).code).toBe(0);
  });

  it("through a pipe: every picture", async () => {
    const sent = await clip(small);
    const { code, stdout, stderr } = await cli("send", sent.path, "-", "--fps", "200", "--quiet");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.equals(sent.bytes)).toBe(true);
    const decode = startCli(["decode", "-", "--every-frame"], { input: stdout });
    expect(md5sIn(await decode.ended)).toEqual(await reference(sent));
  });
});

describe("nalive send", () => {
  it("copies a file byte for byte into another", async () => {
    const sent = await clip(small);
    const path = temporary("copy.h264");
    expect((await cli("send", sent.path, path, "--fps", "1000")).code).toBe(0);
    expect(readFileSync(path).equals(sent.bytes)).toBe(true);
  });

  it("copies standard input that is a file, from its first byte", async () => {
    const sent = await clip(small);
    const { stdout, stderr } = await shell(`nalive send - - --quiet < ${sent.path}`).ended;
    expect(stderr).toBe("");
    expect(stdout.equals(sent.bytes)).toBe(true);
  });

  it("refuses a file that is no H.264, and writes nothing", async () => {
    const [text, path] = [temporary("letter.txt"), temporary("letter.h264")];
    writeFileSync(text, "Dear reader, this is no video.\n".repeat(9));
    const { code, stderr } = await cli("send", text, path, "--fps", "100");
    expect(stderr).toMatch(/it looks like text .*\[NALIVE_NOT_H264\]/);
    expect({ code, exists: existsSync(path) }).toEqual({ code: 1, exists: false });
  });

  it("plays at the rate that the SPS states", async () => {
    const sent = await clip(small);
    const startedAt = performance.now();
    await cli("send", sent.path, temporary("at-rate.h264"));
    // 39 intervals at 30 pictures per second.
    expect(performance.now() - startedAt).toBeGreaterThan(1290);
  });

  it("restarts with --loop until it is stopped", async () => {
    const sent = await clip(small);
    const decode = receive("tcp://127.0.0.1:0?listen", "--frames", "100");
    const target = `tcp://127.0.0.1:${await decode.port()}`;
    const send = startCli(["send", sent.path, target, "--fps", "200", "--loop"]);
    const expected = await reference(sent);
    expect(md5sIn(await decode.ended)).toEqual(upTo(100).map((index) => expected[index % 40]));
    send.child.kill("SIGINT");
    expect(await send.ended).toMatchObject({ code: 0, signal: null });
  });

  it("with --no-reconnect says that nobody receives", async () => {
    const { path } = await clip(small);
    const { code, stderr } = await cli("send", path, "tcp://127.0.0.1:1", "--no-reconnect");
    expect(stderr).toContain("[NALIVE_CONNECT_FAILED]");
    expect(code).toBe(1);
  });

  it.each([
    [["none.h264", "tcp://127.0.0.1:1"], "NALIVE_NO_SUCH_FILE"],
    [["test:", "gopher://127.0.0.1"], "NALIVE_INVALID_SOURCE"],
    [["test:?size=1x1", "tcp://127.0.0.1:1"], "NALIVE_INVALID_SOURCE"],
    [["test:", "nowhere"], "NALIVE_INVALID_SOURCE"],
  ])("says what is wrong in %j", async (args, errorCode) => {
    const { code, stderr } = await cli("send", ...args, "--no-reconnect");
    expect(stderr).toContain(`[${errorCode}]`);
    expect(code).toBe(1);
  });
});

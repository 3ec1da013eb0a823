import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { clip, md5, reference, sendPieces, temporary, upTo } from "../stream/stream-kit.js";
import { cli, main, missing, shell, start, startCli, why } from "./run-cli.js";

const noTerminal = missing("script");
const noOtherUser = otherUser();
const small = "size=128x96&frames=40&gop=20&bitrate=200k";
const frameBytes = 128 * 96 * 3;

/** MD5 of each frame of raw output. */
function md5sIn(output: Uint8Array, size = frameBytes): string[] {
  expect(output.length % size).toBe(0);
  return upTo(output.length / size).map((index) => md5(output.subarray(index * size, (index + 1) * size)));
}

describe("nalive decode of a file", () => {
  it("writes every frame to standard output, and nothing else", async () => {
    const source = await clip(small);
    const { code, stdout, stderr } = await cli("decode", source.path);
    expect(md5sIn(stdout)).toEqual(await reference(source));
    expect(code).toBe(0);
    expect(stderr).toBe("");
  });

  it("writes the frames to a file, and nothing to standard output", async () => {
    const source = await clip(small);
    const path = temporary("frames.bgr");
    const { code, stdout, stderr } = await cli("decode", source.path, "--output", path, "--quiet");
    expect(md5sIn(readFileSync(path))).toEqual(await reference(source));
    expect({ code, stdout: stdout.length, stderr }).toEqual({ code: 0, stdout: 0, stderr: "" });
  });

  it.each([
    ["bgr24", 128 * 96 * 3],
    ["rgb24", 128 * 96 * 3],
    ["rgba", 128 * 96 * 4],
    ["gray8", 128 * 96],
    ["yuv420p", (128 * 96 * 3) / 2],
    ["native", (128 * 96 * 3) / 2],
  ])("writes %s frames of their size", async (format, size) => {
    const { path } = await clip(small);
    const { code, stdout } = await cli("decode", path, "--format", format, "--frames", "3");
    expect({ code, length: stdout.length }).toEqual({ code: 0, length: 3 * size });
  });

  it("holds back what refers to a lost picture, and writes it with --show-damaged", async () => {
    const { units } = await clip(small);
    const path = temporary("lost.h264");
    writeFileSync(path, Buffer.concat(units.filter((_, index) => index !== 10)));
    const whole = await cli("decode", path);
    // Ten of the first group of 20, and the second group.
    expect(whole.stdout.length / frameBytes).toBe(30);
    const damaged = await cli("decode", path, "--show-damaged");
    expect(damaged.stdout.length / frameBytes).toBe(39);
  });

  it("leaves out what a sender put between pictures, and says so once", async () => {
    const source = await clip(small);
    const path = temporary("headers.h264");
    const packets = source.units.map((unit) => {
      const header = Buffer.from("HDR1....size");
      header.writeUInt32BE(unit.length, 8);
      return Buffer.concat([header, unit]);
    });
    writeFileSync(path, Buffer.concat(packets));
    const { stdout, stderr } = await cli("decode", path);
    expect(md5sIn(stdout)).toEqual(await reference(source));
    expect(stderr).toBe(
      "nalive: Each picture is followed by 12 bytes beginning 'HDR1....', which are no H.264\n",
    );
  });

  it("reads every slice with --check-slices all, and none with none", async () => {
    const { units } = await clip(small);
    const path = temporary("zeroed.h264");
    const at = units[30]!.length >> 1;
    const zeroed = units[30]!.slice().fill(0, at, at + 30);
    writeFileSync(path, Buffer.concat(units.map((unit, index) => (index === 30 ? zeroed : unit))));
    const pictures = async (which: string) => {
      const { stdout } = await cli("decode", path, "--check-slices", which);
      return stdout.length / frameBytes;
    };
    expect(await pictures("all")).toBe(30);
    expect(await pictures("none")).toBeGreaterThanOrEqual(30);
  });

  it("ends after --frames", async () => {
    const source = await clip(small);
    const { code, stdout } = await cli("decode", source.path, "--frames", "7");
    expect(md5sIn(stdout)).toEqual((await reference(source)).slice(0, 7));
    expect(code).toBe(0);
  });

  it("reads standard input", async () => {
    const source = await clip(small);
    const { code, stdout } = await startCli(["decode", "-", "--every-frame"], { input: source.bytes }).ended;
    expect(md5sIn(stdout)).toEqual(await reference(source));
    expect(code).toBe(0);
  });

  it("ends quietly when the reader closes the pipe", async () => {
    const { path } = await clip("size=320x180&frames=100&gop=30&bitrate=1M");
    const line = `set -o pipefail; nalive decode ${path} --quiet | head -c 200000; echo "$?" >&2`;
    const { stdout, stderr } = await shell(line).ended;
    expect(stdout).toHaveLength(200_000);
    expect(stderr).toBe("0\n");
  });

  it("writes figures as JSON lines to --stats-file, and for people to standard error with --stats", async () => {
    const { path } = await clip(small);
    const figures = temporary("figures.jsonl");
    const output = temporary("counted.bgr");
    const { code, stderr } = await cli(
      ...["decode", path, "--live", "25", "--output", output, "--stats", "--stats-file", figures],
    );
    expect(code).toBe(0);
    const records = readFileSync(figures, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.length).toBeGreaterThanOrEqual(2);
    expect(records.map(({ type }) => type)).toEqual([...records.slice(1).map(() => "second"), "summary"]);
    expect(records.at(-1)).toMatchObject({
      shown: 40,
      dropped: 0,
      damaged: 0,
      healed: 0,
      delay: { count: 40, p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
    });
    expect(stderr).toMatch(/\d+\.\d pictures\/s +\d+\.\d\d Mbit\/s +shown \d+/);
    expect(stderr).toMatch(/40 pictures shown in .* 0 dropped, 0 damaged or held back/);
  });

  it("shows the whole pictures of a truncated file", async () => {
    const source = await clip(small);
    const path = temporary("truncated.h264");
    writeFileSync(path, source.bytes.subarray(0, source.bytes.length - 300));
    const { code, stdout, stderr } = await cli("decode", path);
    expect(md5sIn(stdout)).toEqual((await reference(source)).slice(0, 39));
    expect(stderr).toBe("nalive: 1 picture was damaged or held back: --stats prints why\n");
    expect(code).toBe(0);
  });
});

describe("nalive decode of a live source", () => {
  it("with --no-reconnect ends when the sender has left", async () => {
    const source = await clip(small);
    const decode = startCli(["decode", "tcp://127.0.0.1:0?listen", "--every-frame", "--no-reconnect"]);
    await sendPieces(await decode.port(), source.units);
    const { code, stdout } = await decode.ended;
    expect(md5sIn(stdout)).toEqual(await reference(source));
    expect(code).toBe(0);
  });

  it("writes each byte of large pictures right", async () => {
    const source = await clip("size=1280x720&frames=24&gop=12&bitrate=2M&bframes=2");
    const decode = startCli(["decode", "tcp://127.0.0.1:0?listen", "--every-frame", "--no-reconnect"]);
    await sendPieces(await decode.port(), source.units);
    const { stdout } = await decode.ended;
    expect(md5sIn(stdout, 1280 * 720 * 3)).toEqual(await reference(source));
  });

  it("continues with the next sender without it, and ends quietly on SIGINT", async () => {
    const source = await clip(small);
    const path = temporary("two-senders.bgr");
    const decode = startCli(["decode", "tcp://127.0.0.1:0?listen", "--every-frame", "--output", path]);
    const port = await decode.port();
    await sendPieces(port, source.units);
    await decode.says(/disconnected/);
    await sendPieces(port, source.units);
    await decode.says(/disconnected.*disconnected/s);
    await eventually(() => statSync(path).size === 80 * frameBytes);
    decode.child.kill("SIGINT");
    expect(await decode.ended).toMatchObject({ code: 0, signal: null });
    const once = await reference(source);
    expect(md5sIn(readFileSync(path))).toEqual([...once, ...once]);
  });

  it("writes only the newest frame with --latest while the reader is slow", async () => {
    const { code, stdout } = await shell(
      'nalive decode "test:?size=320x180&fps=100&frames=200" --latest --quiet | (sleep 1; cat)',
    ).ended;
    expect(code).toBe(0);
    const frames = stdout.length / (320 * 180 * 3);
    expect(Number.isInteger(frames)).toBe(true);
    expect(frames).toBeGreaterThan(1);
    expect(frames).toBeLessThan(200);
  });
});

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("nalive decode says what is wrong, with exit code 1", () => {
  const failsWith = async (args: string[], code: string, ...messages: RegExp[]) => {
    const ended = await cli("decode", "--output", temporary("nothing.bgr"), ...args);
    expect(ended.stderr).toContain(`[${code}]`);
    for (const message of messages) expect(ended.stderr).toMatch(message);
    // No stack trace: it is a sentence for people.
    expect(ended.stderr).not.toMatch(/^ +at /m);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toHaveLength(0);
  };
  const file = (name: string, content: string | Uint8Array) => {
    const path = temporary(name);
    writeFileSync(path, content);
    return path;
  };

  it("when there is no such file, and leaves the output of an earlier run", async () => {
    const output = file("earlier.bgr", "frames");
    const args = [temporary("none.h264"), "--output", output];
    await failsWith(args, "NALIVE_NO_SUCH_FILE", /No such file: .*none\.h264/);
    expect(readFileSync(output, "utf8")).toBe("frames");
  });

  it("when the file is a folder", () => {
    const folder = temporary("folder");
    mkdirSync(folder);
    return failsWith([folder], "NALIVE_READ_FAILED", /is a folder/);
  });

  it("when the file is text", () =>
    failsWith([file("text.h264", "Dear reader, this is no video.\n".repeat(50))], "NALIVE_NOT_H264", /text/));

  it("when the file is a JPEG", () =>
    failsWith(
      [
        file(
          "image.h264",
          Buffer.concat([Buffer.from("ffd8ffe000104a464946", "hex"), Buffer.alloc(5000, 0x5a)]),
        ),
      ],
      "NALIVE_NOT_H264",
      /JPEG/,
    ));

  it("when the file is an MP4 with another name", () =>
    failsWith(
      [
        file(
          "movie.h264",
          Buffer.concat([Buffer.from("\0\0\0\x20ftypisom\0\0\x02\0"), Buffer.alloc(5000, 0x5a)]),
        ),
      ],
      "NALIVE_NOT_H264",
      /MP4/,
    ));

  it("when the sender sends text", async () => {
    const decode = startCli(["decode", "tcp://127.0.0.1:0?listen", "--no-reconnect"]);
    await sendPieces(await decode.port(), [Buffer.from("Hello, are you there?\n".repeat(20))]);
    const ended = await decode.ended;
    expect(ended.stderr).toMatch(/Expected raw H\.264 .*it looks like text \("Hello, are/);
    expect(ended.code).toBe(1);
  });

  it("when the port is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await failsWith([`tcp://127.0.0.1:${port}?listen`], "NALIVE_PORT_IN_USE", new RegExp(String(port)));
    server.close();
  });

  it("and asks whether an address without a scheme was meant", () =>
    failsWith(
      ["127.0.0.1:5000"],
      "NALIVE_NO_SUCH_FILE",
      /127\.0\.0\.1:5000\. Did you mean tcp:\/\/127\.0\.0\.1:5000\?/,
    ));

  it("when there is no such host", () =>
    failsWith(
      ["tcp://no-such-host.invalid:5000", "--no-reconnect"],
      "NALIVE_HOST_NOT_FOUND",
      /no-such-host\.invalid/,
    ));

  it("when nobody listens there", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    await failsWith([`tcp://127.0.0.1:${port}`, "--no-reconnect"], "NALIVE_CONNECT_FAILED", /refused/);
  });

  it("when the address makes no sense", () =>
    failsWith(["tcp:/somewhere"], "NALIVE_INVALID_SOURCE", /tcp:\/somewhere.*as in tcp:\/\//));

  it("when the command of exec: fails", () =>
    failsWith(["exec:echo oh dear >&2; exit 3", "--no-reconnect"], "NALIVE_COMMAND_FAILED", /oh dear|3/));

  it("when the output cannot be opened", () =>
    failsWith(
      ["test:", "--output", "/no/such/folder/frames.bgr"],
      "NALIVE_OUTPUT_FAILED",
      /its folder does not exist\. Choose another --output/,
    ));

  it.skipIf(!existsSync("/dev/full"))("when the disk is full", () =>
    failsWith(["test:", "--output", "/dev/full"], "NALIVE_OUTPUT_FAILED", /the disk is full/),
  );

  const noDisk = fullDisk();
  it.skipIf(noDisk)(`and leaves whole frames when the disk becomes full${why(noDisk)}`, async () => {
    const folder = temporary("disk");
    mkdirSync(folder);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]).status).toBe(0);
    try {
      const path = `${folder}/frames.bgr`;
      const { path: source } = await clip(small);
      await failsWith(
        [source, "--output", path],
        "NALIVE_OUTPUT_FAILED",
        /the disk is full/,
        /bytes of whole frames/,
      );
      expect(statSync(path).size).toBeGreaterThan(0);
      expect(statSync(path).size % frameBytes).toBe(0);
    } finally {
      spawnSync("umount", [folder]);
    }
  });

  it.skipIf(noTerminal)(`when its output is a terminal${why(noTerminal)}`, async () => {
    const { path } = await clip(small);
    const command = `"${process.execPath}" "${main}" decode "${path}"`;
    const { stdout } = await start("script", "-qec", command, "/dev/null").ended;
    expect(stdout.toString()).toMatch(
      /Standard output is a terminal.*--output FILE.*\[NALIVE_INVALID_ARGUMENT\]/,
    );
  });

  it.skipIf(noOtherUser)(`a file that may not be read, or written${why(noOtherUser)}`, async () => {
    const { path } = await clip(small);
    const asNobody = (...args: string[]) =>
      start("setpriv", "--reuid=65534", "--clear-groups", process.execPath, main, ...args).ended;
    chmodSync(dirname(path), 0o755);
    const secret = temporary("secret.h264");
    writeFileSync(secret, readFileSync(path), { mode: 0o600 });
    const reading = await asNobody("decode", secret);
    expect(reading.stderr).toMatch(/secret\.h264.*\[NALIVE_PERMISSION_DENIED\]/s);
    expect(reading.code).toBe(1);

    const open = temporary("open.h264");
    writeFileSync(open, readFileSync(path), { mode: 0o644 });
    const writing = await asNobody("decode", open, "--output", "/root/frames.bgr");
    expect(writing.stderr).toMatch(/Cannot write to \/root\/frames\.bgr.*\[NALIVE_OUTPUT_FAILED\]/s);
    expect(writing.code).toBe(1);
  });

  it.each([
    [["--format", "bgr42"], /bgr42.*Allowed choices are bgr24, rgb24, rgba, gray8, yuv420p, native/s],
    [["--frames", "many"], /Expected a whole number above 0/],
    [["--frobnicate"], /Unknown option '--frobnicate'/],
    [["--every-frame", "--latest"], /cannot be used with/],
    [["--threads", "0.5"], /Expected a whole number above 0/],
  ])("in the options: %j", async (options, message) => {
    const { code, stdout, stderr } = await cli("decode", "test:", ...options);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("Run `nalive decode --help` for usage.");
    expect(code).toBe(1);
    expect(stdout).toHaveLength(0);
  });
});

/** Why no command can be run as somebody who is not root, or undefined. */
function otherUser(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  const run = ["--reuid=65534", "--clear-groups", process.execPath, main, "--version"];
  return spawnSync("setpriv", run).status === 0 ? undefined : "nobody cannot run nalive here";
}

/** Why no small disk can be made here, or undefined. */
function fullDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  const folder = temporary("probe-disk");
  mkdirSync(folder);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]).status !== 0)
    return "mount fails";
  spawnSync("umount", [folder]);
  return undefined;
}

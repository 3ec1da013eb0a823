import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { missing, start, startCli, why } from "./run-cli.js";

const noFfmpeg = missing("ffmpeg");
const noOpenH264 =
  missing("gst-launch-1.0") ??
  (spawnSync("gst-inspect-1.0", ["openh264enc"]).status === 0 ? undefined : "GStreamer has no openh264enc");

const noSrt =
  noFfmpeg ??
  (/^ *srt$/m.test(spawnSync("ffmpeg", ["-hide_banner", "-protocols"], { encoding: "utf8" }).stdout)
    ? undefined
    : "this ffmpeg has no srt");

const frameBytes = 320 * 240 * 3;

async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Decodes 30 frames of what `sender` sends to a port. */
async function thirtyFramesOf(
  source: string,
  sender: (port: number) => readonly [string, ...string[]],
): Promise<Buffer> {
  const decode = startCli(["decode", source, "--frames", "30", "--every-frame"]);
  const [command, ...args] = sender(await decode.port());
  const sending = start(command, ...args);
  const { code, stdout, stderr } = await decode.ended;
  sending.child.kill("SIGKILL");
  expect(code, stderr).toBe(0);
  expect(stdout).toHaveLength(30 * frameBytes);
  return stdout;
}

/** Both senders send moving colour bars or the like: pictures differ, and are not of one colour. */
function expectMotion(frames: Buffer): void {
  const [first, last] = [frames.subarray(0, frameBytes), frames.subarray(29 * frameBytes)];
  expect(first.equals(last)).toBe(false);
  expect(first.some((sample) => sample < 50) && first.some((sample) => sample > 200)).toBe(true);
}

describe.skipIf(noFfmpeg)(`ffmpeg as a sender${why(noFfmpeg)}`, () => {
  const testsrc = "testsrc=size=320x240:rate=30";
  const input = ["ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", testsrc] as const;

  it.each([
    ["tuned for no delay", ["-tune", "zerolatency", "-pix_fmt", "yuv420p"]],
    ["as it is by default, with B pictures", ["-pix_fmt", "yuv420p"]],
    [
      "with intra refresh in place of IDR pictures",
      ["-x264-params", "intra-refresh=1:keyint=15", "-pix_fmt", "yuv420p"],
    ],
    ["in 4:4:4", ["-tune", "zerolatency"]],
  ])("over TCP, x264 %s", async (_how, options) => {
    const frames = await thirtyFramesOf("tcp://127.0.0.1:0?listen", (port) => [
      ...input,
      ...["-c:v", "libx264", "-preset", "veryfast", ...options, "-f", "h264", `tcp://127.0.0.1:${port}`],
    ]);
    expectMotion(frames);
  });

  it("over UDP", async () => {
    const frames = await thirtyFramesOf("udp://127.0.0.1:0", (port) => [
      ...input,
      ...[
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-tune",
        "zerolatency",
        "-g",
        "15",
        "-pix_fmt",
        "yuv420p",
      ],
      ...["-f", "h264", `udp://127.0.0.1:${port}?pkt_size=1316`],
    ]);
    expectMotion(frames);
  });

  it.skipIf(noSrt)(`over SRT, in MPEG-TS${why(noSrt)}`, async () => {
    const port = await freePort();
    const sender = start(
      ...input,
      ...["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"],
      ...["-f", "mpegts", `srt://127.0.0.1:${port}?mode=listener`],
    );
    const url = `srt://127.0.0.1:${port}`;
    const { code, stdout, stderr } = await startCli(["decode", url, "--frames", "30", "--every-frame"]).ended;
    sender.child.kill("SIGKILL");
    expect(code, stderr).toBe(0);
    expectMotion(stdout);
  });

  it("as the command of exec:", async () => {
    const command =
      "ffmpeg -nostdin -loglevel error -f lavfi -i testsrc=size=320x240:rate=30 -t 1 -pix_fmt yuv420p -c:v libx264 -f h264 -";
    const { code, stdout } = await startCli(["decode", `exec:${command}`, "--every-frame", "--no-reconnect"])
      .ended;
    expect(stdout).toHaveLength(30 * frameBytes);
    expect(code).toBe(0);
    expectMotion(stdout);
  });
});

describe.skipIf(noOpenH264)(`GStreamer as a sender${why(noOpenH264)}`, () => {
  it("over TCP, openh264enc", async () => {
    const frames = await thirtyFramesOf("tcp://127.0.0.1:0?listen", (port) => [
      "gst-launch-1.0",
      ...["-q", "videotestsrc", "is-live=true", "pattern=smpte"],
      ...[
        "!",
        "video/x-raw,format=I420,width=320,height=240,framerate=30/1",
        "!",
        "openh264enc",
        "gop-size=15",
      ],
      ...["!", "video/x-h264,stream-format=byte-stream,alignment=au"],
      ...["!", "tcpclientsink", "host=127.0.0.1", `port=${port}`],
    ]);
    expectMotion(frames);
  });
});

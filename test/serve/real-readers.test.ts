import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { numberBlockSize } from "../../src/node/source/test-camera/test-picture.js";
import { missing, why } from "../cli/run-cli.js";
import { clipUnits, get, Peer, publishUnits, run, serve, temporary, wsUrl } from "./serve-kit.js";

const [width, height] = [320, 240];
const pictures = 90;
const group = 30;

const noCurl = missing("curl");
const noFfmpeg = missing("ffmpeg") ?? missing("ffprobe");
const noFfplay = missing("ffplay");
const noGStreamer =
  missing("gst-launch-1.0") ??
  ["souphttpsrc", "multipartdemux", "jpegdec", "h264parse", "avdec_h264"]
    .filter((element) => spawnSync("gst-inspect-1.0", [element]).status !== 0)
    .map((element) => `GStreamer has no ${element}`)[0];

/** A Python with OpenCV: the one that `npm test` set up, or the machine's. */
const python = [
  fileURLToPath(new URL("../../out/test-tools/python/bin/python", import.meta.url)),
  "python3",
].find(
  (path) => (path === "python3" || existsSync(path)) && spawnSync(path, ["-c", "import cv2"]).status === 0,
);
const noOpenCv = python ? undefined : "no python3 here has OpenCV";

/** The numbers of the pictures in raw GRAY8 frames. */
function numbersOf(frames: Buffer): number[] {
  const side = numberBlockSize(width);
  return Array.from({ length: Math.floor(frames.length / (width * height)) }, (_, frame) => {
    const row = frame * width * height + (side / 2) * width;
    let number = 0;
    for (let bit = 0; bit < 24; bit++)
      number = number * 2 + (frames[row + bit * side + side / 2]! > 128 ? 1 : 0);
    return number;
  });
}

/** Expects the numbers of successive pictures, up to the last one published. */
function expectAllFrom(numbers: readonly number[], latestFirst: number): void {
  const first = numbers[0]!;
  expect(first).toBeLessThanOrEqual(latestFirst);
  expect(numbers).toEqual(Array.from({ length: pictures - first }, (_, index) => first + index));
}

/** Resolves when a program reads the stream. Some take seconds to start on a busy machine. */
async function untilRead(server: Awaited<ReturnType<typeof serve>>): Promise<void> {
  await vi.waitFor(async () => {
    expect(JSON.parse((await get(server, "/api/streams/cam")).text).viewers).toBeGreaterThan(0);
  }, 15_000);
}

describe("real programs read a stream as it comes:", () => {
  let stream: string;
  let units: readonly Uint8Array[];
  /** Resolves when all are published and the stream has ended, so that readers end. */
  let ended: Promise<void>;

  beforeEach(async () => {
    const server = await serve({ publish: { waitMs: 100 } });
    stream = `${server.url}/streams/cam`;
    units = await clipUnits(`size=${width}x${height}&gop=${group}&frames=${pictures}&bitrate=400K`);
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    const start = group + 5;
    await publishUnits(ws, units.slice(0, start), 5);
    ended = untilRead(server)
      .then(() => publishUnits(ws, units.slice(start), 20))
      .finally(() => ws.close());
    return () => ended;
  });

  it.skipIf(noCurl)(`curl live.h264, the very bytes of the slices${why(noCurl)}`, async () => {
    const { code, output } = await run("curl", ["-sS", `${stream}/live.h264`]).done;
    expect(code).toBe(0);
    const last = Buffer.concat(units.slice(-group + 1));
    expect(output.subarray(-last.length).equals(last)).toBe(true);
  });

  it.skipIf(noFfmpeg)(`ffprobe live.mp4: what it is, and every picture${why(noFfmpeg)}`, async () => {
    const entries = ["-count_frames", "-show_entries", "stream=codec_name,width,height,nb_read_frames"];
    const args = ["-loglevel", "error", ...entries, "-of", "csv=p=0", `${stream}/live.mp4`];
    const { output, errors } = await run("ffprobe", args).done;
    expect(errors).toBe("");
    const [codec, ...figures] = output.toString().trim().split(",");
    expect([codec, figures.slice(0, 2).map(Number)]).toEqual(["h264", [width, height]]);
    expect(Number(figures[2])).toBeGreaterThan(group);
  });

  it.skipIf(noFfmpeg).each(["live.h264", "live.mp4"])(
    `ffmpeg %s, every picture once and in order${why(noFfmpeg)}`,
    async (path) => {
      const args = ["-nostdin", "-loglevel", "error", "-i", `${stream}/${path}`];
      const raw = [
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1:90000",
        "-pix_fmt",
        "gray",
        "-f",
        "rawvideo",
        "-",
      ];
      const { code, output, errors } = await run("ffmpeg", [...args, ...raw]).done;
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      expectAllFrom(numbersOf(output), pictures - group);
    },
  );

  it.skipIf(noFfplay).each(["live.h264", "live.mp4", "live.mjpeg"])(
    `ffplay %s to its end, without a complaint${why(noFfplay)}`,
    async (path) => {
      const log = temporary("ffplay.log");
      const line = `SDL_VIDEODRIVER=dummy ffplay -autoexit -an -loglevel error -stats "${stream}/${path}" 2> ${log}`;
      const { code } = await run("sh", ["-c", line]).done;
      const said = readFileSync(log, "utf8");
      expect(code, said).toBe(0);
      // ffplay rewrites its clock all the time. Anything else that it prints is a complaint.
      const lines = said.split(/[\r\n]+/).filter((text) => text.trim() !== "");
      expect(lines.filter((text) => !/M-V:|vq=/.test(text))).toEqual([]);
      expect(lines.length).toBeGreaterThan(10);
    },
  );

  it.skipIf(noGStreamer)(
    `GStreamer live.h264, every picture once and in order${why(noGStreamer)}`,
    async () => {
      const frames = await gstreamer("live.h264", ["h264parse", "avdec_h264"]);
      expectAllFrom(numbersOf(frames), pictures - group);
    },
  );

  it.skipIf(noGStreamer)(`GStreamer live.mjpeg, in order${why(noGStreamer)}`, async () => {
    const numbers = numbersOf(await gstreamer("live.mjpeg", ["multipartdemux", "jpegdec"]));
    expectRising(numbers);
  });

  it.skipIf(noOpenCv).each(["live.mjpeg", "live.h264"])(
    `OpenCV's VideoCapture %s, in order${why(noOpenCv)}`,
    async (path) => {
      const script = temporary("capture.py");
      const output = temporary("capture.gray");
      writeFileSync(script, capture);
      const { code, errors } = await run(python!, [script, `${stream}/${path}`, output]).done;
      expect(code, errors).toBe(0);
      expectRising(numbersOf(readFileSync(output)));
    },
  );

  /** GRAY8 frames of what a pipeline decodes until the stream ends. */
  async function gstreamer(path: string, decoding: readonly string[]): Promise<Buffer> {
    const output = temporary(`${path}.gray`);
    const elements = [
      ["souphttpsrc", "is-live=true", `location=${stream}/${path}`],
      ...decoding.map((element) => [element]),
      ["videoconvert"],
      ["video/x-raw,format=GRAY8"],
      ["filesink", `location=${output}`],
    ];
    const pipeline = elements.flatMap((element, index) => (index > 0 ? ["!", ...element] : element));
    const { code, errors } = await run("gst-launch-1.0", ["-q", ...pipeline]).done;
    expect(code, errors).toBe(0);
    return readFileSync(output);
  }

  /** Some pictures may have been skipped for newer ones. */
  function expectRising(numbers: readonly number[]): void {
    expect(numbers.length).toBeGreaterThan(20);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBeGreaterThan(pictures - 10);
  }
});

const capture = `
import cv2, sys
capture = cv2.VideoCapture(sys.argv[1])
assert capture.isOpened(), "VideoCapture did not open"
with open(sys.argv[2], "wb") as output:
    while True:
        isThere, frame = capture.read()
        if not isThere:
            break
        output.write(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).tobytes())
`;

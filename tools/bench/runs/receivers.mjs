// The receivers under test: each listens on a TCP port and writes raw frames to standard output.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { words } from "../clips/words.mjs";
import { nalive, outputDirectory, peersDirectory } from "../figures/places.mjs";
import { showableAfter } from "./reorder-wait.mjs";

/**
 * @import { Clip } from "../clips/clips.mjs"
 * @import { BareLoopPlan } from "../peers/bare-loop.mjs"
 *
 * @typedef {"bgr24" | "yuv420p"} PixelFormat
 *
 * @typedef {object} Receiver
 * @property {string} name
 * @property {string | undefined} [missing] Debian packages that are not installed
 * @property {(port: number, format: PixelFormat, statsFile?: string) => string[]} command
 */

/**
 * nalive with a source URL made from the port, and more options of the command.
 *
 * @param {string} [name]
 * @param {(port: number) => string} [url]
 * @param {readonly string[]} [options]
 * @returns {Receiver}
 */
export function naliveReceiver(
  name = "nalive",
  url = (port) => `tcp://127.0.0.1:${port}?listen`,
  options = [],
) {
  return {
    name,
    command: (port, format, statsFile) => [
      ...words`${process.execPath} ${nalive} decode ${url(port)} --format ${format}`,
      ...words`--output - --no-reconnect --quiet`,
      ...(statsFile ? ["--stats-file", statsFile] : []),
      ...options,
    ],
  };
}

/**
 * The machine's yardstick: a loop that knows everything about the clip in advance except its bytes.
 *
 * @param {Clip} clip
 * @returns {Receiver}
 */
export function bareLoop(clip) {
  /** @type {BareLoopPlan} */
  const plan = {
    sizes: clip.accessUnits.map(({ length }) => length),
    numbers: clip.numbers,
    showableAfter: showableAfter(clip),
  };
  return {
    name: "bare loop, told all ends",
    command: (port, format) => {
      const path = join(outputDirectory, `plan-${process.pid}.json`);
      mkdirSync(outputDirectory, { recursive: true });
      writeFileSync(path, JSON.stringify(plan));
      return [process.execPath, join(peersDirectory, "bare-loop.mjs"), `${port}`, format, path];
    },
  };
}

/** @returns {Receiver[]} */
export function peerReceivers() {
  return [
    {
      name: "PyAV parse, low delay",
      missing: succeeds("/usr/bin/python3", "-c", "import av, numpy") ? undefined : "python3-av",
      command: (port, format) =>
        words`/usr/bin/python3 ${join(peersDirectory, "pyav_receiver.py")} ${port} ${format}`,
    },
    // `nobuffer` and `-avioflags direct` discard what was read for probing, hence the first GOP,
    // and gain nothing.
    ffmpeg("ffmpeg, best flags found", []),
    ffmpeg("ffmpeg, usual recipe", words`-fflags nobuffer -avioflags direct`),
    gstreamer(),
  ];
}

/**
 * @param {string} name
 * @param {readonly string[]} flags
 * @returns {Receiver}
 */
function ffmpeg(name, flags) {
  return {
    name,
    missing: succeeds("ffmpeg", "-version") ? undefined : "ffmpeg",
    command: (port, format) => [
      ...words`ffmpeg -hide_banner -loglevel error -nostdin`,
      ...words`-flags low_delay -probesize 32 -analyzeduration 0 -fpsprobesize 0 -threads 1`,
      ...flags,
      ...words`-f h264 -i tcp://127.0.0.1:${port}?listen&tcp_nodelay=1`,
      ...words`-fps_mode passthrough -flush_packets 1 -f rawvideo -pix_fmt ${format} pipe:1`,
    ],
  };
}

/** @returns {Receiver} */
function gstreamer() {
  const formats = { bgr24: "BGR", yuv420p: "I420" };
  return {
    name: "GStreamer",
    missing: succeeds("gst-inspect-1.0", "avdec_h264")
      ? undefined
      : "gstreamer1.0-tools, -plugins-bad or -libav",
    command: (port, format) => [
      ...words`gst-launch-1.0 -q tcpserversrc host=127.0.0.1 port=${port} ! h264parse`,
      ...words`! avdec_h264 max-threads=1 thread-type=slice ! videoconvert`,
      ...words`! video/x-raw,format=${formats[format]} ! fdsink sync=false`,
    ],
  };
}

/**
 * @param {string} command
 * @param {...string} args
 */
function succeeds(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

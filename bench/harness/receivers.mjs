// The receivers under test: each listens on a TCP port and writes raw frames to standard output.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { nalive, peersDirectory } from "./places.mjs";

/**
 * @typedef {object} Receiver
 * @property {string} name
 * @property {string | undefined} missing what is not installed
 * @property {(port: number, format: "bgr24" | "yuv420p", statsFile?: string) => [string, string[]]} command
 */

const runs = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** @returns {Receiver} nalive with a source URL made from the port. */
export function naliveReceiver(name = "nalive", url = (port) => `tcp://127.0.0.1:${port}?listen`) {
  return {
    name,
    missing: undefined,
    command: (port, format, statsFile) => [
      process.execPath,
      [
        ...[nalive, "decode", url(port), "--format", format, "--output", "-", "--no-reconnect", "--quiet"],
        ...(statsFile ? ["--stats-file", statsFile] : []),
      ],
    ],
  };
}

/** @returns {Receiver[]} */
export function peerReceivers() {
  return [
    pyAv(),
    ffmpeg("ffmpeg, best flags found", bestFlags),
    ffmpeg("ffmpeg, usual recipe", usualFlags),
    gstreamer(),
  ];
}

function pyAv() {
  return {
    name: "PyAV parse, low delay",
    missing: runs("/usr/bin/python3", "-c", "import av, numpy") ? undefined : "python3-av",
    command: (port, format) => [
      "/usr/bin/python3",
      [join(peersDirectory, "pyav_receiver.py"), `${port}`, format],
    ],
  };
}

/** What most recipes say. `nobuffer` throws away the pictures that were read for probing, hence the first GOP. */
const usualFlags = ["-fflags", "nobuffer", "-flags", "low_delay", "-avioflags", "direct"];
/** The best that was found: `nobuffer` and `direct` gain nothing here. */
const bestFlags = ["-flags", "low_delay"];

function ffmpeg(name, flags) {
  const input = [
    ...flags,
    "-probesize",
    "32",
    "-analyzeduration",
    "0",
    "-fpsprobesize",
    "0",
    "-threads",
    "1",
  ];
  const output = ["-fps_mode", "passthrough", "-flush_packets", "1", "-f", "rawvideo"];
  return {
    name,
    missing: runs("ffmpeg", "-version") ? undefined : "ffmpeg",
    command: (port, format) => [
      "ffmpeg",
      [
        ...["-hide_banner", "-loglevel", "error", "-nostdin", ...input, "-f", "h264"],
        ...["-i", `tcp://127.0.0.1:${port}?listen&tcp_nodelay=1`, ...output, "-pix_fmt", format, "pipe:1"],
      ],
    ],
  };
}

function gstreamer() {
  const formats = { bgr24: "BGR", yuv420p: "I420" };
  return {
    name: "GStreamer",
    missing: runs("gst-inspect-1.0", "avdec_h264") ? undefined : "gstreamer1.0-tools, -plugins-bad or -libav",
    command: (port, format) => [
      "gst-launch-1.0",
      [
        ...["-q", "tcpserversrc", "host=127.0.0.1", `port=${port}`, "!", "h264parse", "!"],
        ...["avdec_h264", "max-threads=1", "thread-type=slice", "!", "videoconvert", "!"],
        ...[`video/x-raw,format=${formats[format]}`, "!", "fdsink", "sync=false"],
      ],
    ],
  };
}

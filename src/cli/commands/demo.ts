import type { ChildProcess } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import { savePng } from "../../node/snapshot/snapshot.js";
import { open } from "../../node/stream/open.js";
import type { VideoStream } from "../../node/stream/video-stream.js";
import { LiveStatistics } from "../live-statistics.js";
import { onStopSignal } from "../stop-signals.js";
import { positive } from "../stream-arguments.js";
import { Terminal } from "../terminal.js";
import { shredBytes, startTestSender } from "../test-sender.js";
import { playStream } from "./play.js";

/** Adds `nalive demo`: receiving and showing, with the built-in camera as the sender. */
export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .summary("show the built-in test camera")
    .description(
      "Show the built-in test camera, which sends over a real TCP socket in small pieces. Without a display, " +
        "print figures and save a picture.",
    )
    .option("--seconds <n>", "end after this time (default: never with a window, 10 without)", positive)
    .addHelpText("after", "\nExample:\n  nalive demo --seconds 5")
    .action(demo);
}

async function demo(given: { readonly seconds?: number }): Promise<void> {
  const terminal = new Terminal(false);
  terminal.line(
    `nalive: a test camera sends H.264 over TCP in pieces of ${shredBytes} bytes, and this command shows it`,
  );
  try {
    await withCamera(terminal, "yuv420p", given.seconds, async (stream) => {
      const opened = Promise.resolve();
      await playStream(stream, "live", { title: "nalive demo", pace: "asap", stats: true, opened }, terminal);
    });
  } catch (error) {
    const code = error instanceof NaliveError ? error.code : undefined;
    if (code !== "NALIVE_NO_DISPLAY" && code !== "NALIVE_NO_SDL") throw error;
    terminal.line(
      code === "NALIVE_NO_SDL"
        ? "nalive: No window without the library SDL 2 (nalive play says how to install it): showing figures instead."
        : "nalive: No display: showing figures instead.",
    );
    await withCamera(terminal, "rgb24", given.seconds ?? 10, (stream) => showFigures(stream, terminal));
  }
  terminal.line(
    'nalive: for your own camera: nalive play "tcp://0.0.0.0:5000?listen"; nalive --help has more',
  );
}

/**
 * Runs `use` with a stream to which the camera sends from another process. The stream ends
 * `seconds` after the camera has connected, however long that takes.
 */
async function withCamera(
  terminal: Terminal,
  format: "yuv420p" | "rgb24",
  seconds: number | undefined,
  use: (stream: VideoStream) => Promise<void>,
): Promise<void> {
  let camera: ChildProcess | undefined;
  const stream = open("tcp://127.0.0.1:0?listen", {
    format,
    onState: (state) => {
      if (state.type === "listening") camera = startTestSender(`tcp://127.0.0.1:${state.port}`);
      if (state.type === "connected") endAfter(stream, seconds);
      if (state.type !== "ended") terminal.state(state);
    },
  });
  onStopSignal(() => void stream.close());
  try {
    await use(stream);
  } finally {
    camera?.kill();
    await stream.close();
  }
}

function endAfter(stream: VideoStream, seconds: number | undefined): void {
  if (seconds !== undefined) setTimeout(() => void stream.close(), seconds * 1000).unref();
}

async function showFigures(stream: VideoStream, terminal: Terminal): Promise<void> {
  const statistics = new LiveStatistics(stream, "live", (line) => terminal.line(line), undefined);
  for await (const frame of stream) {
    statistics.count(frame);
    if (statistics.shown === 1) await savePicture(frame, terminal);
  }
  await statistics.end(terminal);
}

async function savePicture(frame: Frame, terminal: Terminal): Promise<void> {
  // Nothing is awaited before the frame is read: the end of the stream closes it.
  mkdirSync("out", { recursive: true });
  const path = join("out", "demo.png");
  rmSync(path, { force: true }); // of an earlier run
  await savePng(frame, path);
  terminal.line(`nalive: saved ${path}`);
}

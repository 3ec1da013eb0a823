import type { ChildProcess } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { NaliveError } from "../../core/errors.js";
import { savePng } from "../../node/snapshot/snapshot.js";
import { open } from "../../node/stream/open.js";
import type { VideoStream } from "../../node/stream/video-stream.js";
import { LiveStatistics } from "../live-statistics.js";
import { onStopSignal } from "../stop-signals.js";
import { positive } from "../stream-arguments.js";
import { Terminal } from "../terminal.js";
import { shredBytes, startTestSender } from "../test-sender.js";
import { playStream } from "./play.js";

/** Number of the picture that the demo saves when it has no window. */
const pictureAt = 30;

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
    await withCamera(terminal, "yuv420p", async (stream) => {
      endAfter(stream, given.seconds);
      await playStream(stream, "live", { title: "nalive demo", pace: "asap", stats: true }, terminal);
    });
  } catch (error) {
    const code = error instanceof NaliveError ? error.code : undefined;
    if (code !== "NALIVE_NO_DISPLAY" && code !== "NALIVE_NO_SDL") throw error;
    terminal.line(
      code === "NALIVE_NO_SDL"
        ? "nalive: No window without the library SDL 2 (nalive play says how to install it): showing figures instead."
        : "nalive: No display: showing figures instead.",
    );
    await withCamera(terminal, "rgb24", async (stream) => {
      endAfter(stream, given.seconds ?? 10);
      await showFigures(stream, terminal);
    });
  }
  terminal.line(
    'nalive: for your own camera: nalive play "tcp://0.0.0.0:5000?listen"; nalive --help has more',
  );
}

/** Runs `use` with a stream to which the camera sends from another process. */
async function withCamera(
  terminal: Terminal,
  format: "yuv420p" | "rgb24",
  use: (stream: VideoStream) => Promise<void>,
): Promise<void> {
  let camera: ChildProcess | undefined;
  const stream = open("tcp://127.0.0.1:0?listen", {
    format,
    onState: (state) => {
      if (state.type === "listening") camera = startTestSender(`tcp://127.0.0.1:${state.port}`);
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
    if (statistics.shown !== pictureAt) continue;
    await mkdir("out", { recursive: true });
    const path = join("out", "demo.png");
    await rm(path, { force: true }); // of an earlier run
    await savePng(frame, path);
    terminal.line(`nalive: saved ${path}`);
  }
  await statistics.end(terminal);
}

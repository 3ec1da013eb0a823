import { type Command, Option } from "commander";
import type { Frame } from "../../core/frame.js";
import type { Sink } from "../../core/sink.js";
import { FrameScheduler, type Pacing } from "../../live/playout/frame-scheduler.js";
import { systemClock } from "../../node/clock.js";
import { Window } from "../../node/display/window.js";
import { saveSnapshot } from "../../node/snapshot/snapshot.js";
import { openSource } from "../../node/source/open-source.js";
import { open } from "../../node/stream/open.js";
import type { VideoStream } from "../../node/stream/video-stream.js";
import { createStatisticsFile, LiveStatistics } from "../live-statistics.js";
import { onStopSignal } from "../stop-signals.js";
import {
  addStreamArguments,
  type StreamArguments,
  toFileOptions,
  toStreamOptions,
} from "../stream-arguments.js";
import { Terminal } from "../terminal.js";

interface PlayArguments extends StreamArguments {
  readonly pace: Pacing;
}

/** Time between the pictures of a file whose SPS states no rate. */
const defaultDurationMs = 40;

/** Adds `nalive play SOURCE`: a window. */
export function addPlayCommand(program: Command): void {
  const command = program
    .command("play <source>")
    .summary("show a source in a window")
    .description("Show a source in a window. q or Escape quits, s saves a PNG, f switches full screen.")
    .addOption(
      new Option("--pace <pace>", "asap: each picture at once; smooth: evenly, by their time")
        .choices(["asap", "smooth"])
        .default("asap"),
    )
    .addHelpText("after", examples);
  addStreamArguments(command).action(play);
}

const examples = `
Examples:
  # Wait for a sender, such as: ffmpeg … -c:v libx264 -tune zerolatency -f h264 tcp://HOST:5000
  nalive play "tcp://0.0.0.0:5000?listen"

  # Show a Raspberry Pi camera, evenly paced
  nalive play --pace smooth "exec:rpicam-vid -t 0 --inline -o -"

  # Show the built-in test camera
  nalive play test:`;

async function play(source: string, given: PlayArguments): Promise<void> {
  const terminal = new Terminal(given.quiet === true);
  const { kind, name } = openSource(source, toFileOptions(given));
  createStatisticsFile(given.statsFile);
  let noteOpened = () => {};
  const opened = new Promise<void>((resolve) => {
    noteOpened = resolve;
  });
  const stream = open(source, {
    ...toStreamOptions(given),
    format: "yuv420p",
    delivery: kind === "file" ? "every" : given.pace === "smooth" ? "keep-up" : "newest",
    onState: (state) => {
      if (state.type !== "connecting") noteOpened();
      // A file comes and goes, which is not worth reporting.
      if (kind === "live" || state.type === "notice") terminal.state(state);
    },
  });
  onStopSignal(() => void stream.close());
  await playStream(stream, kind, { ...given, title: name, opened }, terminal);
}

/** Options of `playStream`. */
export interface PlayStreamOptions {
  readonly title: string;
  readonly pace: Pacing;
  readonly stats?: true;
  readonly statsFile?: string;
  /**
   * Resolves when the source of a live stream is open. The window waits for it, because a fault of
   * the source says more than a missing screen.
   */
  readonly opened: Promise<void>;
}

/**
 * Shows a stream of yuv420p frames in a window until the stream ends or the person closes the
 * window. Closes the stream.
 * @throws NaliveError `NALIVE_NO_SDL` or `NALIVE_NO_DISPLAY`
 */
export async function playStream(
  stream: VideoStream,
  kind: "live" | "file",
  options: PlayStreamOptions,
  terminal: Terminal,
): Promise<void> {
  const first = stream.read();
  await (kind === "file" ? first : Promise.race([first, options.opened]));
  const window = await openWindow(stream, options.title, terminal);
  const statistics = new LiveStatistics(
    stream,
    kind,
    options.stats ? (line) => terminal.line(line) : undefined,
    options.statsFile,
  );
  const screen: Sink<Frame> = {
    push(frame) {
      statistics.count(frame);
      window.push(frame);
    },
    close: () => undefined,
  };
  const scheduler = new FrameScheduler(screen, {
    clock: systemClock,
    pacing: kind === "file" ? "asap" : options.pace,
  });
  const pacer = kind === "file" ? new FilePacer() : undefined;
  try {
    for (let frame = await first; frame; frame = await stream.read()) {
      await pacer?.wait(frame);
      if (!window.isOpen) break;
      scheduler.push(frame);
    }
  } finally {
    scheduler.close();
    await statistics.end(terminal);
    await stream.close();
    window.close();
  }
}

async function openWindow(stream: VideoStream, title: string, terminal: Terminal): Promise<Window> {
  const report = (error: Error) => terminal.line(`nalive: ${error.message}`);
  try {
    return await Window.open({
      title,
      onEvent: (event) => {
        if (event.type === "close") void stream.close();
        else if (event.type === "error") report(event.error);
        else if (event.type === "snapshot") {
          saveSnapshot(event.frame).then((path) => terminal.line(`nalive: saved ${path}`), report);
        }
      },
    });
  } catch (error) {
    await stream.close();
    throw error;
  }
}

/** Plays a file at its own rate. */
class FilePacer {
  #due = performance.now();

  async wait(frame: Frame): Promise<void> {
    const now = performance.now();
    if (this.#due < now - 500) this.#due = now;
    if (this.#due > now) await new Promise((resolve) => setTimeout(resolve, this.#due - now));
    this.#due += frame.duration === undefined ? defaultDurationMs : frame.duration / 1000;
  }
}

import { type Command, Option } from "commander";
import { NaliveError } from "../../core/errors.js";
import type { Frame, FrameFormat } from "../../core/frame.js";
import { openSource } from "../../node/source/open-source.js";
import { open } from "../../node/stream/open.js";
import type { Delivery } from "../../node/stream/stream-options.js";

import { FrameWriter, ReaderGone } from "../frame-writer.js";
import { createStatisticsFile, LiveStatistics } from "../live-statistics.js";
import { onStopSignal } from "../stop-signals.js";
import {
  addStreamArguments,
  formatOption,
  type StreamArguments,
  toFileOptions,
  toStreamOptions,
  wholeNumber,
} from "../stream-arguments.js";
import { Terminal } from "../terminal.js";

interface DecodeArguments extends StreamArguments {
  readonly format: FrameFormat;
  readonly output: string;
  readonly frames?: number;
  readonly everyFrame?: true;
  readonly latest?: true;
}

/** Adds `nalive decode SOURCE`: raw frames, back to back. */
export function addDecodeCommand(program: Command): void {
  const command = program
    .command("decode <source>")
    .summary("write raw frames for another program")
    .description(
      "Write raw frames, back to back, for pipes into Python, ffmpeg and other programs. Of a file, every " +
        "picture is written. Of a live source, every picture while the reader keeps up, then the newest. " +
        "Frames have no header and no padding: a bgr24 frame has width x height x 3 bytes. When their size " +
        "changes, standard error says at which byte.",
    )
    .addOption(formatOption())
    .option("-o, --output <path>", "a file, or - for standard output", "-")
    .option("--frames <n>", "end after this many frames", wholeNumber)
    .addOption(
      new Option("--every-frame", "never drop a frame; a slow reader makes the sender wait").conflicts(
        "latest",
      ),
    )
    .option("--latest", "write only the newest frame whenever the reader is ready")
    .addHelpText("after", examples);
  addStreamArguments(command).action(decode);
}

const examples = `
Examples:
  # Wait for a sender and pipe its frames into a Python program
  nalive decode "tcp://0.0.0.0:5000?listen" --format bgr24 | python3 detect.py

  # Write the first 100 pictures of a file as they were decoded
  nalive decode clip.h264 --format native --frames 100 --output frames.yuv`;

async function decode(source: string, given: DecodeArguments): Promise<void> {
  if (given.output === "-" && process.stdout.isTTY) {
    throw new NaliveError(
      "NALIVE_INVALID_ARGUMENT",
      "Standard output is a terminal, and frames are binary. Add --output FILE, or pipe the frames into a program: " +
        "nalive decode … | python3 detect.py",
    );
  }
  const terminal = new Terminal(given.quiet === true);
  const { kind } = openSource(source, toFileOptions(given));
  createStatisticsFile(given.statsFile);
  // The output of an earlier run is not given up for a file that cannot be read.
  let writer = kind === "live" ? await FrameWriter.open(given.output) : undefined;
  const stream = open(source, {
    ...toStreamOptions(given),
    format: given.format,
    delivery: chooseDelivery(kind, given),
    // A file comes and goes, which is not worth reporting.
    onState: (state) => {
      if (kind === "live" || state.type === "notice") terminal.state(state);
    },
  });
  const statistics = new LiveStatistics(
    stream,
    kind,
    given.stats ? (line) => terminal.line(line) : undefined,
    given.statsFile,
  );
  onStopSignal(() => void stream.close());
  let lastProgress = 0;
  let layout: string | undefined;
  try {
    for await (const frame of stream) {
      writer ??= await FrameWriter.open(given.output);
      const before = layout;
      layout = layoutOf(frame);
      if (before !== undefined && before !== layout)
        terminal.line(`nalive: From byte ${writer.wholeBytes} on, frames are ${layout} instead of ${before}`);
      await writer.write(frame);
      statistics.count(frame);
      const now = performance.now();
      if (now - lastProgress > 250) {
        lastProgress = now;
        terminal.progress(`${statistics.shown} frames  ${layout}`);
      }
      if (statistics.shown === given.frames) break;
    }
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  } finally {
    terminal.endProgress();
    await statistics.end(terminal);
    await stream.close();
    await writer?.close();
  }
}

/** Decides how many bytes a frame has, and what they mean. */
function layoutOf({ width, height, pixelFormat, data }: Frame): string {
  return `${width}x${height} ${pixelFormat} (${data.length} bytes)`;
}

function chooseDelivery(kind: "live" | "file", given: DecodeArguments): Delivery {
  if (given.everyFrame) return "every";
  if (given.latest) return "newest";
  return kind === "file" ? "every" : "keep-up";
}

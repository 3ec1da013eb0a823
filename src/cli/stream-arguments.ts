import { type Command, InvalidArgumentError, Option } from "commander";
import { frameFormats } from "../core/frame.js";
import type { SliceChecking } from "../h264/access-units/picture-check.js";
import {
  type Isolation,
  isolations,
  type StreamOptions,
  sliceCheckings,
  streamDefaults,
} from "../node/stream/stream-options.js";

/** Options of every command that decodes a source, as commander parses them. */
export interface StreamArguments {
  readonly reconnect: boolean;
  readonly showDamaged?: true;
  readonly checkSlices: SliceChecking;
  readonly maxLag: number;
  readonly loopFilterSkip: boolean;
  readonly maxDecoded: number;
  readonly threads: number;
  readonly isolation: Isolation;
  readonly live?: number;
  readonly loop?: true;
  readonly stats?: true;
  readonly statsFile?: string;
  readonly quiet?: true;
}

/** Adds the options of every command that decodes a source. */
export function addStreamArguments(command: Command): Command {
  return command
    .option("--no-reconnect", "end when the sender leaves, instead of waiting for the next one")
    .option("--show-damaged", "show damaged pictures too, instead of holding the last whole one")
    .addOption(
      new Option(
        "--check-slices <which>",
        "auto: read slices for damage where that is worth its time; all: every one, for bytes damaged before they are sent; none",
      )
        .choices(sliceCheckings)
        .default(streamDefaults.checkSlices),
    )
    .option(
      "--max-lag <ms>",
      "age at which pictures are dropped when decoding falls behind",
      positive,
      streamDefaults.maxLagMs,
    )
    .option("--no-loop-filter-skip", "never skip the loop filter when decoding falls behind")
    .option("--max-decoded <MiB>", "memory for decoded pictures", positive, streamDefaults.maxDecodedMiB)
    .option(
      "--threads <n>",
      "threads that decode the slices of a picture",
      wholeNumber,
      streamDefaults.threads,
    )
    .addOption(
      new Option(
        "--isolation <where>",
        "thread: least delay; process: a crash in FFmpeg costs a moment, not the program",
      )
        .choices(isolations)
        .default(streamDefaults.isolation),
    )
    .option("--live <fps>", "play a raw H.264 file as a live camera would send it", positive)
    .option("--loop", "start a raw H.264 file again when it ends")
    .option("--stats", "print figures once per second, and a summary at the end")
    .option("--stats-file <path>", "write the figures to a file, as JSON lines")
    .option("--quiet", "print errors only");
}

/** The option for the layout of frames. */
export function formatOption(): Option {
  return new Option("--format <format>", "layout of the frames")
    .choices(frameFormats)
    .default(streamDefaults.format);
}

/** The options of `open` that the arguments ask for. */
export function toStreamOptions(given: StreamArguments): StreamOptions {
  return {
    reconnect: given.reconnect,
    showDamaged: given.showDamaged === true,
    checkSlices: given.checkSlices,
    maxLagMs: given.maxLag,
    skipLoopFilter: given.loopFilterSkip,
    maxDecodedMiB: given.maxDecoded,
    threads: given.threads,
    isolation: given.isolation,
    ...toFileOptions(given),
  };
}

/** Those of them that only files have. */
export function toFileOptions({
  live,
  loop,
}: Pick<StreamArguments, "live" | "loop">): Pick<StreamOptions, "live" | "loop"> {
  return { ...(live === undefined ? {} : { live: { fps: live } }), ...(loop ? { loop } : {}) };
}

/** Parses a number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

/** Parses a whole number above 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("Expected a whole number above 0.");
  return value;
}

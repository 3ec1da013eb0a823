import { type Command, InvalidArgumentError, Option } from "commander";
import { frameFormats } from "../core/frame.js";
import {
  type Isolation,
  isolations,
  type StreamOptions,
  streamDefaults,
} from "../node/stream/stream-options.js";

/** Options that every command that reads a source has, as commander parses them. */
export interface StreamArguments {
  readonly reconnect: boolean;
  readonly showDamaged?: true;
  readonly maxLag?: number;
  readonly loopFilterSkip: boolean;
  readonly maxDecoded?: number;
  readonly threads?: number;
  readonly isolation?: Isolation;
  readonly live?: number;
  readonly loop?: true;
  readonly stats?: true;
  readonly statsFile?: string;
  readonly quiet?: true;
}

/** Adds the options that every command that reads a source has. */
export function addStreamArguments(command: Command): Command {
  return command
    .option("--no-reconnect", "end when the sender ends, instead of waiting for the next one")
    .option("--show-damaged", "show damaged pictures too, instead of holding the last whole one")
    .option(
      "--max-lag <ms>",
      `age at which pictures are dropped when decoding falls behind (default ${streamDefaults.maxLagMs})`,
      positive,
    )
    .option("--no-loop-filter-skip", "never decode pictures without the loop filter when decoding is behind")
    .option(
      "--max-decoded <MiB>",
      `memory for decoded pictures (default ${streamDefaults.maxDecodedMiB})`,
      positive,
    )
    .option(
      "--threads <n>",
      `threads that decode the slices of one picture (default ${streamDefaults.threads})`,
      wholeNumber,
    )
    .addOption(
      new Option(
        "--isolation <where>",
        "thread: least delay; process: a crash in FFmpeg costs a moment, not the program",
      ).choices(isolations),
    )
    .option("--live <fps>", "play a raw H.264 file as a live camera would send it", positive)
    .option("--loop", "start a raw H.264 file anew at its end")
    .option("--stats", "print live figures once a second, and a summary at the end")
    .option("--stats-file <path>", "write the figures as JSON lines to a file")
    .option("--quiet", "print errors only");
}

/** The option for the layout of frames. */
export function formatOption(): Option {
  return new Option("--format <format>", "layout of the frames")
    .choices(frameFormats)
    .default(streamDefaults.format);
}

/** What the library is asked for. */
export function toStreamOptions(given: StreamArguments): StreamOptions {
  return {
    reconnect: given.reconnect,
    ...(given.showDamaged ? { showDamaged: true } : {}),
    ...(given.maxLag === undefined ? {} : { maxLagMs: given.maxLag }),
    ...(given.loopFilterSkip ? {} : { skipLoopFilter: false }),
    ...(given.maxDecoded === undefined ? {} : { maxDecodedMiB: given.maxDecoded }),
    ...(given.threads === undefined ? {} : { threads: given.threads }),
    ...(given.isolation ? { isolation: given.isolation } : {}),
    ...toFileOptions(given),
  };
}

/** What a file is opened with. */
export function toFileOptions({ live, loop }: StreamArguments): Pick<StreamOptions, "live" | "loop"> {
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

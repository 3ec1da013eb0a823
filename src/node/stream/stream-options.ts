import { NaliveError } from "../../core/errors.js";
import { type FrameFormat, frameFormats } from "../../core/frame.js";
import type { IssueCode } from "../../core/issues.js";
import type { SliceChecking } from "../../h264/access-units/picture-check.js";
import type { SourceKind, SourceState } from "../source/source.js";
import type { WaitingPolicy } from "./frames/frame-slots.js";

/**
 * Which pictures a program gets while it is busy.
 * - `newest`: the newest; older ones that the program had no time for are dropped and counted
 * - `keep-up`: every picture while at most 8 wait, then the newest
 * - `every`: every picture; when 4 wait, nalive stops reading from the source
 */
export type Delivery = "newest" | "keep-up" | "every";

/**
 * Where pictures are decoded, and so what a crash in native code ends: the program, or one child
 * process.
 */
export type Isolation = "thread" | "process";

/** Every `Isolation`. */
export const isolations: readonly Isolation[] = ["thread", "process"];

/** Every `SliceChecking`. */
export const sliceCheckings: readonly SliceChecking[] = ["auto", "all", "none"];

/** How many frames wait, by delivery. */
export const waitingPolicies: Readonly<Record<Delivery, WaitingPolicy>> = {
  newest: { capacity: 1, whenFull: "replace" },
  "keep-up": { capacity: 8, whenFull: "replace" },
  every: { capacity: 4, whenFull: "wait" },
};

/** Options of `open`. All have defaults. */
export interface StreamOptions {
  /** Layout of the frames. Default `bgr24`, what OpenCV and most vision models take. */
  readonly format?: FrameFormat;
  /** Default `newest` for live sources, `every` for files and streams of bytes. */
  readonly delivery?: Delivery;
  /**
   * Give out damaged pictures too. Default false: the last whole picture stays until the next
   * random access point.
   */
  readonly showDamaged?: boolean;
  /**
   * Which slices are read to their ends, because a decoder does not notice all missing and damaged
   * bytes. `auto` reads them where bytes may go missing, and where that takes less than a
   * millisecond. `all` is for senders whose bytes are damaged before they reach the network (radio,
   * serial bridges); docs/design/slice-reading.md has its price. Default `auto`.
   */
  readonly checkSlices?: SliceChecking;
  /**
   * How far decoding may fall behind, ms: the age at which nalive drops waiting coded pictures and
   * jumps to the newest random access point that waits. When none waits, it drops everything until
   * the next one once the age is four times this. From half this age it drops pictures that no
   * other refers to, and from a quarter it decodes those without the loop filter. Default 500.
   * Ignored for files and with `delivery: "every"`, which drop nothing.
   */
  readonly maxLagMs?: number;
  /**
   * Decode late pictures that no other refers to without the loop filter before dropping any. Such
   * frames have `provenance.unfiltered`. Default true.
   */
  readonly skipLoopFilter?: boolean;
  /**
   * Memory for decoded pictures, MiB a decoder; a live stream has two. A stream whose picture size
   * and references need more is not decoded and counts as `pictures-too-large`. Default 1024.
   */
  readonly maxDecodedMiB?: number;
  /** Threads that decode the slices of one picture. Default 1. */
  readonly threads?: number;
  /**
   * `thread` decodes in a thread of this process, with the least delay. `process` decodes in a
   * child process: a crash in native code costs this stream a moment and the program nothing.
   * Default `thread`.
   */
  readonly isolation?: Isolation;
  /** Wait for the next sender, or connect again, after a sender has left. Default true. */
  readonly reconnect?: boolean;
  /** Play a raw H.264 file as a live source, at this many pictures per second. */
  readonly live?: { readonly fps: number };
  /** Start a raw H.264 file again when it ends. Default false. */
  readonly loop?: boolean;
  /**
   * Aborting closes the stream: waiting frames are dropped, and the iteration throws the signal's
   * reason. It throws at once; `close()` resolves when the sockets and the thread are gone. With a
   * signal that is already aborted nothing is opened.
   */
  readonly signal?: AbortSignal;
  /**
   * Called when the source listens, connects, loses its sender and so on. A callback that throws
   * ends its stream with that error.
   */
  readonly onState?: (state: SourceState) => void;
  /**
   * Called for damage and oddities in the stream; `detail` is a sentence for a person. Calls are
   * dropped while the program's thread is blocked and 256 wait; `statistics()` counts all.
   */
  readonly onIssue?: (code: IssueCode, detail: string) => void;
  /**
   * Called when pictures are held back and a key frame (an IDR picture with its parameter sets)
   * would end that: ask your sender for one. Called at once, then at most twice per second, and
   * less and less often while none arrives. nalive itself asks WebSocket senders
   * (docs/websocket.md). Never called for files. `reason` is the issue.
   */
  readonly onKeyFrameNeeded?: (reason: IssueCode) => void;
}

/** The delivery of a stream for which the program asks none. */
export const defaultDelivery: Readonly<Record<SourceKind | "bytes", Delivery>> = {
  live: "newest",
  file: "every",
  bytes: "every",
};

/**
 * The other defaults.
 *
 * `maxLagMs` is the smallest value measured (`npm run bench -- load-budget`) that drops nothing in
 * hiccups of up to 400 ms. Half of it drops some B pictures there; twice as much shows pictures 0.4
 * s older under lasting load.
 */
export const streamDefaults = {
  format: "bgr24",
  showDamaged: false,
  checkSlices: "auto",
  maxLagMs: 500,
  skipLoopFilter: true,
  maxDecodedMiB: 1024,
  threads: 1,
  isolation: "thread",
  reconnect: true,
} as const satisfies StreamOptions;

/**
 * What travels to the engine's thread: options with their defaults, without callbacks and signal.
 */
export interface CompleteStreamOptions extends Readonly<Required<Pick<StreamOptions, Defaulted>>> {
  /** Undefined: `defaultDelivery`, by the kind of the source. */
  readonly delivery: Delivery | undefined;
  readonly live: StreamOptions["live"] | undefined;
  /** Undefined: what the source's address says. */
  readonly loop: boolean | undefined;
}

type Defaulted = keyof typeof streamDefaults;

/**
 * Checks the options and fills in the defaults.
 * @throws NaliveError `NALIVE_INVALID_ARGUMENT` that names the wrong option
 */
export function completeStreamOptions(options: StreamOptions): CompleteStreamOptions {
  checkStreamOptions(options);
  return {
    format: options.format ?? streamDefaults.format,
    delivery: options.delivery,
    showDamaged: options.showDamaged ?? streamDefaults.showDamaged,
    checkSlices: options.checkSlices ?? streamDefaults.checkSlices,
    maxLagMs: options.maxLagMs ?? streamDefaults.maxLagMs,
    skipLoopFilter: options.skipLoopFilter ?? streamDefaults.skipLoopFilter,
    maxDecodedMiB: options.maxDecodedMiB ?? streamDefaults.maxDecodedMiB,
    threads: options.threads ?? streamDefaults.threads,
    isolation: options.isolation ?? streamDefaults.isolation,
    reconnect: options.reconnect ?? streamDefaults.reconnect,
    live: options.live,
    loop: options.loop,
  };
}

function checkStreamOptions(options: StreamOptions): void {
  const { format, delivery, checkSlices, isolation, maxLagMs, maxDecodedMiB, threads, live, signal } =
    options;
  checkChoice("format", format, frameFormats);
  checkChoice("delivery", delivery, Object.keys(waitingPolicies));
  checkChoice("checkSlices", checkSlices, sliceCheckings);
  checkChoice("isolation", isolation, isolations);
  checkNumber("maxLagMs", maxLagMs, isPositive, "a number above 0");
  checkNumber("maxDecodedMiB", maxDecodedMiB, isPositive, "a number above 0");
  checkNumber("threads", threads, isThreadCount, "a whole number from 1 to 64");
  checkNumber("live.fps", live?.fps, isRate, "a number above 0, 1000 at most");
  if (signal !== undefined && !(signal instanceof Object && "aborted" in signal)) {
    throw invalid("signal", typeof signal, "an AbortSignal");
  }
}

const isPositive = (value: number) => value > 0;
const isThreadCount = (value: number) => Number.isInteger(value) && value >= 1 && value <= 64;
const isRate = (value: number) => value > 0 && value <= 1000;

function checkChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value))
    throw invalid(name, JSON.stringify(value), `one of ${choices.join(", ")}`);
}

function checkNumber(
  name: string,
  value: number | undefined,
  isRight: (value: number) => boolean,
  expected: string,
): void {
  if (value !== undefined && !isRight(value)) throw invalid(name, String(value), expected);
}

function invalid(name: string, value: string, expected: string): NaliveError {
  return new NaliveError("NALIVE_INVALID_ARGUMENT", `Option ${name} was ${value}, expected ${expected}`);
}

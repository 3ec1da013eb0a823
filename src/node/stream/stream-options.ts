import { NaliveError } from "../../core/errors.js";
import { type FrameFormat, frameFormats } from "../../core/frame.js";
import type { WaitingPolicy } from "./frame-slots.js";

/**
 * Which pictures a program gets while it is busy.
 * - `newest`: the newest one; those that it had no time for are skipped and counted
 * - `keep-up`: every picture while up to 8 wait, then the newest
 * - `every`: every picture; the source is slowed when too many wait
 */
export type Delivery = "newest" | "keep-up" | "every";

/** Where pictures are decoded: what a crash in native code takes with it. */
export type Isolation = "thread" | "process";

/** All of `Isolation`. */
export const isolations: readonly Isolation[] = ["thread", "process"];

/** How many frames wait, by delivery. */
export const waitingPolicies: Readonly<Record<Delivery, WaitingPolicy>> = {
  newest: { capacity: 1, whenFull: "replace" },
  "keep-up": { capacity: 8, whenFull: "replace" },
  every: { capacity: 4, whenFull: "wait" },
};

/**
 * See `StreamOptions.maxLagMs`. The smallest of those measured (`bench load-budget`) that drops nothing in hiccups of up to 400 ms:
 * half of it drops some B pictures there, twice as much shows pictures 0.4 s older under lasting load.
 */
export const defaultMaxLagMs = 500;

/** What a stream of frames can be asked for; all have defaults. */
export interface StreamOptions {
  /** Layout of the frames. Default `bgr24`, what OpenCV and most vision models take. */
  readonly format?: FrameFormat;
  /** Default `newest` for live sources, `every` for files. */
  readonly delivery?: Delivery;
  /** Show damaged pictures too. Default false: the last whole picture stays until the next random access point. */
  readonly showDamaged?: boolean;
  /**
   * Age at which waiting coded pictures are given up because decoding is behind, ms: decoding goes on at the newest random
   * access point that waits; where none waits, at the next one, once the age is four times this. Sooner than that pictures
   * that no other refers to are left out (from half of it on), and before that their loop filter (from a quarter on).
   * Default 500; never for files or with `delivery: "every"`.
   */
  readonly maxLagMs?: number;
  /**
   * Whether late pictures that no other refers to are decoded without the loop filter before they are dropped. They are shown with
   * `provenance.unfiltered`. Default true.
   */
  readonly skipLoopFilter?: boolean;
  /**
   * Memory that the stream's decoded pictures may take, MiB. A stream that asks for more, by its picture size and its
   * references, is not decoded; its issue is `pictures-too-large`. Default 1024. Live streams have two decoders.
   */
  readonly maxDecodedMiB?: number;
  /** Threads that decode the slices of one picture. Default 1. */
  readonly threads?: number;
  /**
   * Where pictures are decoded. `thread` (default): in a thread of this process, with the least delay. `process`: in a process of
   * their own, so that a crash in native code costs this stream a moment and the program nothing.
   */
  readonly isolation?: Isolation;
  /** Wait for the next sender, or connect again, after one has left. Default true. */
  readonly reconnect?: boolean;
  /** Play a file as a live source at this many pictures a second. */
  readonly live?: { readonly fps: number };
  /** Start a file anew when it ends. Default false. */
  readonly loop?: boolean;
  /** @internal Give out frames of live sources while they are still being written: read no more of them than `SharedFrame.written`. */
  readonly givesUnfinished?: boolean;
}

/** @throws NaliveError `NALIVE_INVALID_ARGUMENT`, which says what option was wrong */
export function checkStreamOptions(options: StreamOptions): void {
  const { format, delivery, isolation, maxLagMs, maxDecodedMiB, threads } = options;
  if (format !== undefined && !frameFormats.includes(format)) {
    throw invalid(`format was ${JSON.stringify(format)}, expected one of ${frameFormats.join(", ")}`);
  }
  if (delivery !== undefined && !(delivery in waitingPolicies)) {
    throw invalid(
      `delivery was ${JSON.stringify(delivery)}, expected one of ${Object.keys(waitingPolicies).join(", ")}`,
    );
  }
  if (isolation !== undefined && !isolations.includes(isolation)) {
    throw invalid(`isolation was ${JSON.stringify(isolation)}, expected one of ${isolations.join(", ")}`);
  }
  if (maxLagMs !== undefined && !(maxLagMs > 0))
    throw invalid(`maxLagMs was ${maxLagMs}, expected a number above 0`);
  if (maxDecodedMiB !== undefined && !(maxDecodedMiB > 0))
    throw invalid(`maxDecodedMiB was ${maxDecodedMiB}, expected a number above 0`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw invalid(`threads was ${threads}, expected a whole number from 1 to 64`);
  }
  if (options.live !== undefined && !(options.live.fps > 0 && options.live.fps <= 1000)) {
    throw invalid(`live.fps was ${options.live.fps}, expected a number above 0, 1000 at most`);
  }
}

function invalid(message: string): NaliveError {
  return new NaliveError("NALIVE_INVALID_ARGUMENT", message);
}

import type { IssueCount } from "../../core/issues.js";

/** What a stream counted since it was opened. */
export interface StreamStatistics {
  /** Bytes received. */
  readonly receivedBytes: number;
  /** Access units received. */
  readonly accessUnits: number;
  /** Whole pictures decoded. */
  readonly pictures: number;
  /** Frames dropped because a newer one was ready before the program took them. */
  readonly replaced: number;
  /**
   * Access units dropped because decoding was behind: the last three counts of `leftOut` together.
   */
  readonly droppedLate: number;
  /** What nalive left out because decoding was behind, by the step of the load ladder. */
  readonly leftOut: {
    /**
     * Pictures decoded but not converted: a newer one was decoded before the program could have
     * seen them.
     */
    readonly conversions: number;
    /** Pictures decoded without the loop filter; no other picture refers to them. */
    readonly loopFilters: number;
    /** Dropped access units that no other refers to. */
    readonly nonReference: number;
    /** Access units dropped in jumps to a newer random access point that waited. */
    readonly beforeJump: number;
    /** Access units dropped until the next random access point came. */
    readonly untilRandomAccess: number;
  };
  /** Access units that wait to be decoded now. */
  readonly waiting: number;
  /** Guessed picture ends that were wrong, and that nalive corrected by decoding again. */
  readonly healed: number;
  /** The child process, with `isolation: "process"`; else undefined. */
  readonly decodingProcess:
    | {
        /** Its process id; undefined while none runs. */
        readonly pid: number | undefined;
        /** How many before it died. */
        readonly deaths: number;
      }
    | undefined;
  /** How nalive learned where pictures end. */
  readonly pictureEnds: {
    /** Pictures ended by silence. */
    readonly bySilence: number;
    /** Pictures ended by the transport's framing. */
    readonly byTransport: number;
    /** Guesses that turned out wrong. */
    readonly wrong: number;
    /** Silence that now counts as an end, µs; undefined for files. */
    readonly silence: number | undefined;
    /** True when the transport's messages or datagrams are trusted to end pictures. */
    readonly framingTrusted: boolean;
  };
  /** Damage and oddities, by code. */
  readonly issues: readonly IssueCount[];
}

import type { Chunk } from "../../core/chunk.js";
import type { IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import {
  type CancelTimer,
  type Clock,
  fromMilliseconds,
  type Microseconds,
  microseconds,
} from "../../core/time.js";
import type { AccessUnitAssembler, Boundary } from "./access-unit-assembler.js";
import type { AnnexBParser } from "./annex-b-parser.js";
import { SilenceRule } from "./silence-rule.js";

/** Gaps below this are no news: no silence as short is ever taken for an end. */
const shortestGap = fromMilliseconds(0.04);
/** What came in pieces may go on in pieces: the shortest silence that is taken for the end of such a picture. */
const shortestAfterPieces = fromMilliseconds(0.25);
/** A picture as long, bytes, may come in pieces even if it was written at once: Linux hands over 64 KiB at most. */
const longPicture = 32 * 1024;
/** Silence after which a picture is complete even where shorter ones mean nothing. */
const shortestPause = fromMilliseconds(100);
/** What a wrong guess costs where nobody says, and in an IDR picture, which is decoded again alone, at most. */
const usualHealCost = fromMilliseconds(50);
/** Picture interval assumed before one was measured: 30 a second. */
const firstInterval = fromMilliseconds(33);
/** Bytes read this soon after the thread was busy may have waited for it. */
const firstLook = fromMilliseconds(0.5);
/** Confirmed ends before a transport's framing is trusted. */
const confirmationsForTrust = 3;

/** Options of a `PictureEnd`. */
export interface PictureEndOptions {
  /** False for files: nothing arrives by time there, so silence says nothing. Default true. */
  readonly isLive?: boolean;
  /** Time it would take now to heal a wrong guess: to decode again from the last random access point. Default 50 ms. */
  readonly healCost?: () => Microseconds;
}

/** What can be counted of the guesses. */
export interface PictureEndStatistics {
  /** Pictures ended by silence. */
  readonly bySilence: number;
  /** Pictures ended by the transport's framing. */
  readonly byTransport: number;
  /** Guesses that turned out wrong. */
  readonly wrong: number;
  /** Silence that is taken for an end now, µs; long when gaps inside pictures are too wide for a short one, undefined for files. */
  readonly silence: Microseconds | undefined;
  /** True when the transport's messages or datagrams are trusted to end pictures. */
  readonly framingTrusted: boolean;
}

/** A place between two chunks from which something is to be learned. */
interface Cut {
  readonly position: number;
  /** How long no byte came there; undefined until the next byte comes. */
  gap: Microseconds | undefined;
  /** The framing said that a picture ends here. */
  readonly predictedEnd: boolean;
}

/**
 * Decides when a picture is complete before the next one begins, and passes chunks to the parser.
 *
 * Certain ends (the next access unit begins, end of input) are the assembler's. This adds two guesses from
 * evidence. *Framing*: a message, or a datagram shorter than the largest, ended a picture several times in a
 * row. *Silence*: no byte for a time that `SilenceRule` chooses by the gaps seen inside pictures. A wrong guess is
 * healed by the assembler (`AccessUnit.corrects`) and makes this more careful.
 */
export class PictureEnd implements Sink<Chunk> {
  readonly #parser: AnnexBParser;
  readonly #assembler: AccessUnitAssembler;
  readonly #clock: Clock;
  readonly #issues: IssueReporter;
  readonly #isLive: boolean;
  readonly #healCost: () => Microseconds;
  readonly #rule = new SilenceRule();

  #timer: CancelTimer | undefined;
  #lastChunkAt = microseconds(0);
  /** When this thread was done with that chunk: until then no other could have been received. */
  #readyAt = microseconds(0);
  #busy = { from: microseconds(0), to: microseconds(0) };
  #lastPictureAt: Microseconds | undefined;
  #interval = firstInterval;
  #largestDatagram = 0;
  #cut: Cut | undefined;
  /** Chunks with bytes of the picture that is coming in. */
  #pieces = 0;
  #boundarySeen: Boundary | undefined;
  #confirmations = 0;
  #confirmationsNeeded = confirmationsForTrust;
  #bySilence = 0;
  #byTransport = 0;
  #wrongSeen = 0;
  /** What the latest guess of an end went by. */
  #guessedBy: "transport" | "silence" = "silence";

  constructor(
    parser: AnnexBParser,
    assembler: AccessUnitAssembler,
    clock: Clock,
    issues: IssueReporter,
    options: PictureEndOptions = {},
  ) {
    this.#isLive = options.isLive ?? true;
    this.#healCost = options.healCost ?? (() => usualHealCost);
    this.#parser = parser;
    this.#assembler = assembler;
    this.#clock = clock;
    this.#issues = issues;
  }

  /** The guesses so far. A new object each time. */
  get statistics(): PictureEndStatistics {
    return {
      bySilence: this.#bySilence,
      byTransport: this.#byTransport,
      wrong: this.#assembler.wrongEnds,
      silence: this.#silence(),
      framingTrusted: this.#framingTrusted,
    };
  }

  /** Time between pictures lately. */
  get pictureInterval(): Microseconds {
    return this.#interval;
  }

  push(chunk: Chunk): void {
    const gap = this.#gapBefore(chunk.receivedAt);
    if (this.#cut) this.#cut.gap ??= gap;
    else if (gap > shortestGap && this.#pictureIsInHand) this.#markCut(gap, false);
    this.#lastChunkAt = chunk.receivedAt;
    this.#assembler.checked = chunk.framing === "datagram" ? "all" : this.#isLive ? "small" : "none";

    const isFramedEnd = this.#framingEndsPicture(chunk);
    // Where the end is trusted nobody needs to know before it that a NAL unit has begun: its header is read once.
    this.#parser.push(chunk, isFramedEnd && this.#framingTrusted);
    this.#learnFromWrongEnd();
    this.#resolveCut();
    const boundary = this.#assembler.lastBoundary;
    this.#pieces++;
    if (boundary !== this.#boundarySeen) {
      this.#boundarySeen = boundary;
      this.#pieces = 1;
      // The silence that ended the picture before may have been a longer one.
      this.#stopTimer();
      this.#learnInterval(chunk.receivedAt);
    }
    if (isFramedEnd && this.#pictureIsUnfinished) {
      // One cut at a time: that of a picture of a few bytes is decided only when the picture after it has come.
      if (!this.#cut) this.#markCut(undefined, true);
      if (this.#framingTrusted) this.#byTransport += this.#end("transport");
    }
    this.#readyAt = this.#clock.now();
    if (chunk.framing === "part") this.#stopTimer();
    else this.#watchSilence();
  }

  /**
   * Says that this thread did not look at its sockets for a while: gaps that are only its own delay must not be learned.
   * @param from and @param to µs on the clock of `Chunk.receivedAt`
   */
  noteBusy(from: Microseconds, to: Microseconds): void {
    this.#busy = { from, to };
  }

  /** The sender's connection is over: what was received is complete. */
  endOfInput(): void {
    this.#stopTimer();
    this.#parser.endOfInput();
    this.#assembler.endOfInput();
    this.#cut = undefined;
    this.#lastPictureAt = undefined;
  }

  close(reason?: Error): void {
    this.endOfInput();
    this.#parser.close(reason);
  }

  /** Slice data is here that no access unit given out holds. */
  get #pictureIsUnfinished(): boolean {
    return this.#parser.holdsUnfinishedSlice || this.#assembler.holdsUnfinishedPicture;
  }

  get #pictureIsInHand(): boolean {
    return this.#parser.holdsSlice || this.#assembler.holdsPicture;
  }

  get #framingTrusted(): boolean {
    return this.#confirmations >= this.#confirmationsNeeded;
  }

  #end(by: "transport" | "silence"): number {
    this.#stopTimer();
    this.#parser.endOpenNalUnit();
    this.#learnFromWrongEnd();
    this.#guessedBy = by;
    return this.#assembler.endPicture(by) ? 1 : 0;
  }

  #framingEndsPicture(chunk: Chunk): boolean {
    if (chunk.framing === "message") return true;
    if (chunk.framing !== "datagram") return false;
    this.#largestDatagram = Math.max(this.#largestDatagram, chunk.data.length);
    return chunk.data.length < this.#largestDatagram;
  }

  /** Remembers the place between two chunks, to learn later whether it lay inside a picture. */
  #markCut(gap: Microseconds | undefined, predictedEnd: boolean): void {
    const position = this.#parser.consumed;
    this.#cut = { position, gap, predictedEnd };
    this.#assembler.watchBoundary(position);
  }

  /** How long no byte came, as far as this thread can tell. */
  #gapBefore(receivedAt: Microseconds): Microseconds {
    const { from, to } = this.#busy;
    const mayHaveWaited = receivedAt - to < firstLook && to > this.#readyAt;
    return microseconds(Math.max(0, (mayHaveWaited ? from : receivedAt) - this.#readyAt));
  }

  /** A cut lies inside a picture when bytes of the picture's last NAL unit came after it, between pictures when not. */
  #resolveCut(): void {
    const cut = this.#cut;
    if (!cut) return;
    const boundary = this.#assembler.watchedBoundary;
    if (boundary) {
      this.#cut = undefined;
      if (boundary.end <= cut.position) this.#learnFromBetween(cut);
      else this.#learnFromInside(cut);
    } else if (this.#parser.contentEnd > cut.position && !this.#parser.isUndecidedAfter(cut.position)) {
      this.#cut = undefined;
      this.#learnFromInside(cut);
    }
  }

  #learnFromBetween(cut: Cut): void {
    if (cut.predictedEnd) this.#confirmations++;
  }

  #learnFromInside(cut: Cut): void {
    this.#rule.noteGap(cut.gap ?? microseconds(0));
    if (cut.predictedEnd) this.#distrustFraming();
  }

  /** More came of a picture that was ended by a guess. */
  #learnFromWrongEnd(): void {
    if (this.#assembler.wrongEnds === this.#wrongSeen) return;
    this.#wrongSeen = this.#assembler.wrongEnds;
    if (this.#guessedBy === "transport") this.#distrustFraming();
  }

  #distrustFraming(): void {
    if (this.#framingTrusted) {
      this.#issues.report(
        "framing-violated",
        "a message or datagram that should have ended a picture did not",
      );
      this.#confirmationsNeeded = Math.min(this.#confirmationsNeeded * 4, 10_000);
    }
    this.#confirmations = 0;
  }

  #learnInterval(at: Microseconds): void {
    this.#rule.nextPicture();
    if (this.#lastPictureAt !== undefined) {
      const interval = Math.min(at - this.#lastPictureAt, 1_000_000);
      this.#interval = microseconds(this.#interval + (interval - this.#interval) / 8);
    }
    this.#lastPictureAt = at;
  }

  #silence(): Microseconds | undefined {
    if (!this.#isLive) return undefined;
    return this.#rule.choose(this.#interval, this.#healCostNow()) ?? this.#pause();
  }

  /** Undoing a wrong guess may take all since the last random access point, or be impossible: not so at an IDR picture, such as the first. */
  #healCostNow(): Microseconds {
    const isIdr = this.#parser.holdsIdrSlice || this.#assembler.holdsIdrPicture;
    const cost = this.#healCost();
    return isIdr ? microseconds(Math.min(cost, usualHealCost)) : cost;
  }

  /** Silence that ends the picture that is coming in. */
  #silenceNow(): Microseconds | undefined {
    const silence = this.#silence();
    if (silence === undefined) return undefined;
    const bytes = this.#parser.consumed - (this.#boundarySeen?.start ?? 0);
    const mayComeInPieces = this.#pieces > 1 || bytes > longPicture;
    return mayComeInPieces ? microseconds(Math.max(silence, shortestAfterPieces)) : silence;
  }

  /** A sender that pauses must not take its last picture with it: after this long it is complete, whatever is known of gaps. */
  #pause(): Microseconds {
    return microseconds(Math.max(shortestPause, this.#interval * 3));
  }

  /** One timer is kept running and looks again when it fires, so that a stream of single bytes costs no timer a byte. */
  #watchSilence(): void {
    if (this.#timer || !this.#pictureIsUnfinished) return;
    const silence = this.#silenceNow();
    if (silence === undefined) return;
    this.#timer = this.#clock.startTimer(silence, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (!this.#pictureIsUnfinished) return;
    const silence = this.#silenceNow();
    if (silence === undefined) return;
    const rest = silence - (this.#clock.now() - this.#lastChunkAt);
    if (rest > 0) this.#timer = this.#clock.startTimer(microseconds(rest), () => this.#onTimer());
    else this.#bySilence += this.#end("silence");
  }

  #stopTimer(): void {
    this.#timer?.();
    this.#timer = undefined;
  }
}

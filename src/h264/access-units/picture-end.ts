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
import { PacketHeaders } from "../packets/packet-headers.js";
import type { AccessUnitAssembler } from "./access-unit-assembler.js";
import type { AnnexBParser, StreamTail } from "./annex-b-parser.js";
import { FramingTrust } from "./framing-trust.js";
import { type Boundary, isUnfinished, nothingInHand, type PictureInHand } from "./picture-in-hand.js";
import { SilenceRule } from "./silence-rule.js";

/** `SilenceRule` never chooses a silence this short, so shorter gaps teach nothing. */
const shortestGap = fromMilliseconds(0.04);
/** The shortest silence that ends a picture which comes in pieces: another piece may follow. */
const shortestAfterPieces = fromMilliseconds(0.25);
/** A longer picture, in bytes, may come in pieces: Linux hands over at most 64 KiB at once. */
const longPicture = 32 * 1024;
/** The shortest silence that ends a picture where the rule would rather wait for the next one. */
const shortestPause = fromMilliseconds(100);
/**
 * What a wrong guess costs by default. An IDR picture never costs more, because it is decoded again
 * alone.
 */
const usualHealCost = fromMilliseconds(50);
/** Assumed until an interval was measured: 30 pictures per second. */
const firstInterval = fromMilliseconds(33);
/** Bytes read this soon after the thread was busy may have waited for the thread. */
const firstLook = fromMilliseconds(0.5);
const emptyTail: StreamTail = { contentEnd: 0, undecidedFrom: undefined, slice: undefined };

/** The evidence for a guess. */
type GuessedBy = "transport" | "silence";

/** How a `PictureEnd` guesses. */
export interface PictureEndOptions {
  /** False for files, where silence means nothing. Default true. */
  readonly isLive?: boolean;
  /** The time that undoing a wrong guess would take now. Default 50 ms. */
  readonly healCost?: () => Microseconds;
}

/** Figures about the guesses. */
export interface PictureEndStatistics {
  /** Pictures ended by silence. */
  readonly bySilence: number;
  /** Pictures ended by the end of a message or datagram. */
  readonly byTransport: number;
  /** Guesses that turned out wrong. */
  readonly wrong: number;
  /**
   * The silence that ends a picture now; undefined for files. It is long where gaps inside pictures
   * are wide.
   */
  readonly silence: Microseconds | undefined;
  /** True while the ends of messages or datagrams are trusted to end pictures. */
  readonly framingTrusted: boolean;
}

/** A place between two chunks. What comes next shows whether a picture ended there. */
interface Cut {
  /** Offset in the stream. */
  readonly position: number;
  /** How long no byte came there; undefined until the next byte comes. */
  gap: Microseconds | undefined;
  /** The framing predicted the end of a picture here. */
  readonly predictedEnd: boolean;
  /** The first boundary that was reported here or later. */
  boundary?: Boundary;
}

/**
 * Passes chunks to the parser and guesses when a picture is complete, before the next one begins.
 *
 * The assembler finds the certain ends: the next access unit begins, or the input ends. This class
 * adds two guesses. *Framing*: `FramingTrust` learns whether messages and datagrams end pictures.
 * *Silence*: no byte comes for a time that `SilenceRule` chooses. After a wrong guess the assembler
 * gives out the whole picture again (`AccessUnit.corrects`), and the guesses become more careful.
 *
 * The parser returns what is open at the end of each chunk. The assembler reports each boundary and
 * each state of the picture in hand. Both are judged once per chunk, because a gap lies between
 * chunks and pictures that share a chunk came together.
 */
export class PictureEnd implements Sink<Chunk> {
  readonly #headers: PacketHeaders;
  readonly #parser: AnnexBParser;
  readonly #assembler: AccessUnitAssembler;
  readonly #clock: Clock;
  readonly #isLive: boolean;
  readonly #healCost: () => Microseconds;
  readonly #framing: FramingTrust;
  readonly #rule = new SilenceRule();

  #picture: PictureInHand = nothingInHand;
  #tail = emptyTail;
  /** Where the picture in hand begins; 0 until the first boundary of a connection. */
  #pictureStart = 0;
  /** The same for a picture that began since the last chunk was judged. */
  #nextStart: number | undefined;
  /** The evidence for the guess that proved wrong since the last chunk was judged. */
  #misledBy: GuessedBy | undefined;
  /** Bytes received so far. */
  #received = 0;
  /** Chunks that hold bytes of the picture in hand. */
  #pieces = 0;

  #timer: CancelTimer | undefined;
  #lastChunkAt = microseconds(0);
  /** When this thread was done with that chunk, and could receive the next one. */
  #readyAt = microseconds(0);
  #busy = { from: microseconds(0), to: microseconds(0) };
  #lastPictureAt: Microseconds | undefined;
  #interval = firstInterval;
  #cut: Cut | undefined;
  #bySilence = 0;
  #byTransport = 0;
  #wrong = 0;
  /** The evidence for the latest guess. */
  #guessedBy: GuessedBy = "silence";

  constructor(
    { parser, assembler }: { readonly parser: AnnexBParser; readonly assembler: AccessUnitAssembler },
    clock: Clock,
    issues: IssueReporter,
    options: PictureEndOptions = {},
  ) {
    this.#isLive = options.isLive ?? true;
    this.#healCost = options.healCost ?? (() => usualHealCost);
    this.#parser = parser;
    this.#assembler = assembler;
    this.#clock = clock;
    this.#framing = new FramingTrust(issues);
    const payload = { push: (chunk: Chunk) => this.#take(chunk), skip: (bytes: number) => this.#skip(bytes) };
    this.#headers = new PacketHeaders(payload, issues, this.#isLive);
    assembler.setListener({
      pictureInHand: (picture) => this.#pictureInHand(picture),
      boundary: (boundary) => this.#boundary(boundary),
    });
  }

  /** A new object each time. */
  get statistics(): PictureEndStatistics {
    return {
      bySilence: this.#bySilence,
      byTransport: this.#byTransport,
      wrong: this.#wrong,
      silence: this.#silence(false),
      framingTrusted: this.#framing.isTrusted,
    };
  }

  /** The mean time between recent pictures. */
  get pictureInterval(): Microseconds {
    return this.#interval;
  }

  push(chunk: Chunk): void {
    this.#headers.push(chunk);
  }

  #take(chunk: Chunk): void {
    this.#noteGap(this.#gapBefore(chunk.receivedAt));
    this.#lastChunkAt = chunk.receivedAt;
    this.#assembler.isLossy = chunk.framing === "datagram";
    this.#assembler.check.beganWithStartCode = this.#headers.beganWithStartCode;
    this.#assembler.check.pictures = chunk.framing === "datagram" ? "all" : this.#isLive ? "small" : "none";

    const isFramedEnd = this.#framing.endsPicture(chunk);
    // At a trusted end the NAL unit is pushed whole, so nobody needs its beginning before.
    this.#tail = this.#parser.push(chunk, isFramedEnd && this.#framing.isTrusted);
    this.#received += chunk.data.length;
    this.#pieces++;
    this.#judgeGuess();
    this.#judgeCut();
    this.#startNextPicture(chunk.receivedAt);
    if (isFramedEnd && this.#isUnfinished) {
      // One cut at a time: the next picture has to come before that of a very short one is judged.
      this.#cut ??= { position: this.#received, gap: undefined, predictedEnd: true };
      if (this.#framing.isTrusted) this.#byTransport += this.#end("transport");
    }
    this.#readyAt = this.#clock.now();
    if (chunk.framing === "part") this.#stopTimer();
    else this.#watchSilence();
  }

  /**
   * Reports that this thread did not read its sockets from `from` to `to`, so that it does not
   * learn its own delay as a gap.
   */
  noteBusy(from: Microseconds, to: Microseconds): void {
    this.#busy = { from, to };
  }

  /** The sender's connection has ended, so everything received is complete. */
  endOfInput(): void {
    this.#headers.endOfInput();
    this.#stopTimer();
    this.#cut = undefined;
    // After a connection with boundaries, the first chunk of the next one begins a picture.
    const nextStart = this.#pictureStart > 0 ? 0 : undefined;
    this.#parser.endOfInput();
    this.#assembler.endOfInput();
    this.#tail = emptyTail;
    this.#nextStart = nextStart;
    this.#lastPictureAt = undefined;
  }

  close(reason?: Error): void {
    this.endOfInput();
    this.#parser.close(reason);
  }

  /** True while slice bytes are here that no access unit given out holds. */
  get #isUnfinished(): boolean {
    return this.#tail.slice?.isPushed === false || isUnfinished(this.#picture);
  }

  #pictureInHand(picture: PictureInHand): void {
    this.#picture = picture;
    if (picture.kind !== "correcting") return;
    this.#wrong++;
    this.#misledBy = this.#guessedBy;
  }

  #boundary(boundary: Boundary): void {
    this.#nextStart = boundary.start;
    if (this.#cut && boundary.start >= this.#cut.position) this.#cut.boundary ??= boundary;
  }

  #end(by: GuessedBy): number {
    this.#stopTimer();
    this.#tail = this.#parser.endOpenNalUnit();
    this.#judgeGuess();
    this.#guessedBy = by;
    return this.#assembler.endPicture(by) ? 1 : 0;
  }

  /** The next `bytes` bytes of the stream are the header of a packet. */
  #skip(bytes: number): void {
    this.#parser.skip(bytes);
    this.#received += bytes;
  }

  /** How long no byte came, as far as this thread can know. */
  #gapBefore(receivedAt: Microseconds): Microseconds {
    const { from, to } = this.#busy;
    const mayHaveWaited = receivedAt - to < firstLook && to > this.#readyAt;
    return microseconds(Math.max(0, (mayHaveWaited ? from : receivedAt) - this.#readyAt));
  }

  /** Marks the place of a gap, to find out later whether it lies inside a picture. */
  #noteGap(gap: Microseconds): void {
    const isInHand = this.#tail.slice !== undefined || this.#picture.kind !== "nothing";
    if (this.#cut) this.#cut.gap ??= gap;
    else if (gap > shortestGap && isInHand)
      this.#cut = { position: this.#received, gap, predictedEnd: false };
  }

  #judgeGuess(): void {
    if (this.#misledBy === "transport") this.#framing.violate();
    this.#misledBy = undefined;
  }

  /**
   * A cut lies inside a picture if bytes of the picture's last NAL unit come after it, and between
   * pictures otherwise.
   */
  #judgeCut(): void {
    const cut = this.#cut;
    if (!cut) return;
    const { contentEnd, undecidedFrom } = this.#tail;
    if (!cut.boundary) {
      const isUndecided = undecidedFrom !== undefined && undecidedFrom >= cut.position;
      if (contentEnd <= cut.position || isUndecided) return;
    }
    this.#cut = undefined;
    if (cut.boundary && cut.boundary.end <= cut.position) {
      if (cut.predictedEnd) this.#framing.confirm();
    } else {
      this.#rule.noteGap(cut.gap ?? microseconds(0));
      if (cut.predictedEnd) this.#framing.violate();
    }
  }

  /** Notes that a picture began in the chunk received `at`; the last one if there are several. */
  #startNextPicture(at: Microseconds): void {
    if (this.#nextStart === undefined) return;
    this.#pictureStart = this.#nextStart;
    this.#nextStart = undefined;
    this.#pieces = 1;
    // The timer runs for the silence of the previous picture, which may be longer.
    this.#stopTimer();
    this.#rule.nextPicture();
    if (this.#lastPictureAt !== undefined) {
      const interval = Math.min(at - this.#lastPictureAt, 1_000_000);
      this.#interval = microseconds(this.#interval + (interval - this.#interval) / 8);
    }
    this.#lastPictureAt = at;
  }

  /** True if more pieces of the picture in hand may follow the latest one. */
  get #mayComeInPieces(): boolean {
    return this.#pieces > 1 || this.#received - this.#pictureStart > longPicture;
  }

  /** The silence that ends the picture in hand; undefined for files. */
  #silence(mayComeInPieces: boolean): Microseconds | undefined {
    if (!this.#isLive) return undefined;
    const picture = this.#picture;
    // An IDR picture is decoded again alone, also where undoing others is slow or impossible.
    const isIdr = this.#tail.slice?.isIdr || (picture.kind !== "nothing" && picture.slices.isIdr);
    const healCost = isIdr ? Math.min(this.#healCost(), usualHealCost) : this.#healCost();
    // Even with the widest gaps, the last picture of a sender that pauses has to end.
    const pause = Math.max(shortestPause, this.#interval * 3);
    const silence = this.#rule.choose(this.#interval, microseconds(healCost)) ?? pause;
    return microseconds(mayComeInPieces ? Math.max(silence, shortestAfterPieces) : silence);
  }

  /** A running timer stays and checks again when it fires: one timer per byte would be too many. */
  #watchSilence(): void {
    if (this.#timer || !this.#isUnfinished) return;
    const silence = this.#silence(this.#mayComeInPieces);
    if (silence === undefined) return;
    this.#timer = this.#clock.startTimer(silence, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (!this.#isUnfinished) return;
    const silence = this.#silence(this.#mayComeInPieces);
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

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
import type { AccessUnitAssembler } from "./access-unit-assembler.js";
import type { AnnexBParser, StreamTail } from "./annex-b-parser.js";
import { FramingTrust } from "./framing-trust.js";
import { type Boundary, isUnfinished, nothingInHand, type PictureInHand } from "./picture-in-hand.js";
import { SilenceRule } from "./silence-rule.js";

/** Shorter gaps teach nothing: no silence as short is ever taken for an end. */
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
const emptyTail: StreamTail = { contentEnd: 0, undecidedFrom: undefined, slice: undefined };

/** What a guess of a picture's end goes by. */
type GuessedBy = "transport" | "silence";

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

/** A place between two chunks that teaches something once it is known whether a picture ended there. */
interface Cut {
  /** Offset in the stream. */
  readonly position: number;
  /** How long no byte came there; undefined until the next byte comes. */
  gap: Microseconds | undefined;
  /** The framing said that a picture ends here. */
  readonly predictedEnd: boolean;
  /** The first boundary here or later, once it was told. */
  boundary?: Boundary;
}

/**
 * Decides when a picture is complete before the next one begins, and passes chunks to the parser.
 *
 * Certain ends (the next access unit begins, end of input) are the assembler's. This adds two guesses from evidence.
 * *Framing*: `FramingTrust` learns whether messages and datagrams end pictures. *Silence*: no byte for a time that
 * `SilenceRule` chooses by the gaps seen inside pictures. When a guess was wrong, the assembler gives the whole picture
 * out again (`AccessUnit.corrects`), and this becomes more careful.
 *
 * What is known of the picture in hand comes from two sides. The parser returns what is open at the end of each chunk;
 * the assembler tells of boundaries and of each state of the picture as it happens.
 */
export class PictureEnd implements Sink<Chunk> {
  readonly #parser: AnnexBParser;
  readonly #assembler: AccessUnitAssembler;
  readonly #clock: Clock;
  readonly #isLive: boolean;
  readonly #healCost: () => Microseconds;
  readonly #framing: FramingTrust;
  readonly #rule = new SilenceRule();

  #picture: PictureInHand = nothingInHand;
  #tail = emptyTail;
  /** Where the picture that is coming in begins; 0 until the first boundary of a connection. */
  #pictureStart = 0;
  /** The same of a picture that began since the last chunk was judged. */
  #nextStart: number | undefined;
  /** What the guess went by that turned out wrong since the last chunk was judged. */
  #misledBy: GuessedBy | undefined;
  /** Bytes received. */
  #received = 0;
  /** Chunks with bytes of the picture that is coming in. */
  #pieces = 0;

  #timer: CancelTimer | undefined;
  #lastChunkAt = microseconds(0);
  /** When this thread was done with that chunk: until then no other could have been received. */
  #readyAt = microseconds(0);
  #busy = { from: microseconds(0), to: microseconds(0) };
  #lastPictureAt: Microseconds | undefined;
  #interval = firstInterval;
  #cut: Cut | undefined;
  #bySilence = 0;
  #byTransport = 0;
  #wrong = 0;
  /** What the latest guess of an end went by. */
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
    assembler.tell({
      pictureInHand: (picture) => this.#pictureInHand(picture),
      boundary: (boundary) => this.#boundary(boundary),
    });
  }

  /** The guesses so far. A new object each time. */
  get statistics(): PictureEndStatistics {
    return {
      bySilence: this.#bySilence,
      byTransport: this.#byTransport,
      wrong: this.#wrong,
      silence: this.#silence(),
      framingTrusted: this.#framing.isTrusted,
    };
  }

  /** Time between pictures lately. */
  get pictureInterval(): Microseconds {
    return this.#interval;
  }

  push(chunk: Chunk): void {
    this.#noteGap(this.#gapBefore(chunk.receivedAt));
    this.#lastChunkAt = chunk.receivedAt;
    this.#assembler.checked = chunk.framing === "datagram" ? "all" : this.#isLive ? "small" : "none";

    const isFramedEnd = this.#framing.endsPicture(chunk);
    // Where the end is trusted nobody needs to know before it that a NAL unit has begun: its header is read once.
    this.#tail = this.#parser.push(chunk, isFramedEnd && this.#framing.isTrusted);
    this.#received += chunk.data.length;
    this.#pieces++;
    this.#judgeGuess();
    this.#judgeCut();
    this.#startNextPicture(chunk.receivedAt);
    if (isFramedEnd && this.#isUnfinished) {
      // One cut at a time: that of a picture of a few bytes is decided only when the picture after it has come.
      this.#cut ??= { position: this.#received, gap: undefined, predictedEnd: true };
      if (this.#framing.isTrusted) this.#byTransport += this.#end("transport");
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
    this.#cut = undefined;
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

  /** Slices are here, or bytes of one, that no access unit given out holds. */
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

  /** How long no byte came, as far as this thread can tell. */
  #gapBefore(receivedAt: Microseconds): Microseconds {
    const { from, to } = this.#busy;
    const mayHaveWaited = receivedAt - to < firstLook && to > this.#readyAt;
    return microseconds(Math.max(0, (mayHaveWaited ? from : receivedAt) - this.#readyAt));
  }

  /** Marks the place of the gap, to learn later whether it lay inside a picture. */
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

  /** A cut lies inside a picture when bytes of the picture's last NAL unit came after it, between pictures when not. */
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

  /** Takes note of a picture that began in the chunk received `at`; of several that came together, the last. */
  #startNextPicture(at: Microseconds): void {
    if (this.#nextStart === undefined) return;
    this.#pictureStart = this.#nextStart;
    this.#nextStart = undefined;
    this.#pieces = 1;
    // The silence that ended the picture before may have been a longer one.
    this.#stopTimer();
    this.#rule.nextPicture();
    if (this.#lastPictureAt !== undefined) {
      const interval = Math.min(at - this.#lastPictureAt, 1_000_000);
      this.#interval = microseconds(this.#interval + (interval - this.#interval) / 8);
    }
    this.#lastPictureAt = at;
  }

  /** Silence that ends a picture, were it sent at once; undefined for files. */
  #silence(): Microseconds | undefined {
    if (!this.#isLive) return undefined;
    return this.#rule.choose(this.#interval, this.#healCostNow()) ?? this.#pause();
  }

  /** Undoing a wrong guess may take all since the last random access point, or be impossible: not so at an IDR picture, such as the first. */
  #healCostNow(): Microseconds {
    const picture = this.#picture;
    const isIdr = this.#tail.slice?.isIdr || (picture.kind !== "nothing" && picture.slices.isIdr);
    const cost = this.#healCost();
    return isIdr ? microseconds(Math.min(cost, usualHealCost)) : cost;
  }

  /** Silence that ends the picture that is coming in. */
  #silenceNow(): Microseconds | undefined {
    const silence = this.#silence();
    if (silence === undefined) return undefined;
    const mayComeInPieces = this.#pieces > 1 || this.#received - this.#pictureStart > longPicture;
    return mayComeInPieces ? microseconds(Math.max(silence, shortestAfterPieces)) : silence;
  }

  /** A sender that pauses must not take its last picture with it: after this long it is complete, whatever is known of gaps. */
  #pause(): Microseconds {
    return microseconds(Math.max(shortestPause, this.#interval * 3));
  }

  /** One timer is kept running and looks again when it fires, so that a stream of single bytes costs no timer a byte. */
  #watchSilence(): void {
    if (this.#timer || !this.#isUnfinished) return;
    const silence = this.#silenceNow();
    if (silence === undefined) return;
    this.#timer = this.#clock.startTimer(silence, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (!this.#isUnfinished) return;
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

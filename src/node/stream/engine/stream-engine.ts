import type { Chunk } from "../../../core/chunk.js";
import { NaliveError } from "../../../core/errors.js";
import { IssueCounter } from "../../../core/issues.js";
import type { Sink } from "../../../core/sink.js";
import { type CancelTimer, type Clock, fromMilliseconds } from "../../../core/time.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import {
  type AccessUnitReceiver,
  receiveAccessUnits,
} from "../../../h264/access-units/receive-access-units.js";
import { DecodeQueue } from "../../../live/decoding/decode-queue.js";
import { DecoderPair } from "../../../live/decoding/decoder-pair.js";
import { KeyFrameRequests } from "../../../live/decoding/key-frame-requests.js";
import type { StreamDecoders, StreamDecodersFactory } from "../../decode/stream-decoders.js";
import { expectedH264, FirstBytes, repeatParameterSets } from "../../source/first-bytes.js";
import type { Session, Source, SourceKind, SourceSink, SourceState } from "../../source/source.js";
import { FrameOutlet } from "../frames/frame-outlet.js";
import { SlotWriter } from "../frames/frame-slots.js";
import { type CompleteStreamOptions, defaultDelivery, waitingPolicies } from "../stream-options.js";
import type { StreamStatistics } from "../stream-statistics.js";
import type { EngineEvent } from "./engine-messages.js";
import type { MessageBacklog } from "./message-backlog.js";

/** What the engine calls on the source of its bytes. */
type EngineInput = Pick<Source, "pause" | "resume"> & Partial<Pick<Source, "requestKeyFrame">>;

/** What a `StreamEngine` is made of. */
export interface StreamEngineOptions {
  readonly kind: SourceKind;
  readonly options: CompleteStreamOptions;
  /** Shared state of the frame slots. */
  readonly control: SharedArrayBuffer;
  readonly frameBacklog: MessageBacklog;
  readonly issueBacklog: MessageBacklog;
  readonly clock: Clock;
  readonly makeDecoders: StreamDecodersFactory;
  /** Takes events; the last is `closed`. */
  readonly emit: (event: EngineEvent) => void;
}

/** Bytes without a start code after which a live sender is reported as not H.264. */
const foreignBytes = 256 * 1024;

/** A notice follows when a live sender has sent for this long without a whole picture. */
const patienceSeconds = 5;

/**
 * Interval at which the engine checks whether the program still uses a frame, ms. The spare decoder
 * waits for that: on two processors, decoding makes writing or drawing a frame take 1.5 times as
 * long, and 3 times where memory is slow.
 */
const quietCheckMs = 3;
/**
 * Checks before the spare decoder goes on anyway: a program may keep a frame for as long as it
 * likes.
 */
const quietChecks = 3;

/**
 * One stream from received bytes to frames, all in one thread: the picture of ARCHITECTURE.md in
 * code.
 *
 * The engine is the sink of its source.
 */
export class StreamEngine implements SourceSink {
  readonly #emit: (event: EngineEvent) => void;
  readonly #kind: SourceKind;
  readonly #clock: Clock;
  readonly #issues: IssueCounter;
  readonly #slots: SlotWriter;
  readonly #outlet: FrameOutlet;
  readonly #decoders: StreamDecoders;
  readonly #queue: DecodeQueue;
  readonly #receiver: AccessUnitReceiver;
  #source: EngineInput | undefined;
  #receivedBytes = 0;
  #accessUnits = 0;
  /** The first bytes of the session. */
  #firstBytes = new FirstBytes();
  #hasReportedForeign = false;
  /** Runs from the first byte of a session; undefined before it, and for files. */
  #cancelPatience: CancelTimer | undefined;
  #picturesBefore = 0;
  #unsupported: string | undefined;
  #stopped = false;

  constructor(given: StreamEngineOptions) {
    const { kind, options, control, frameBacklog, issueBacklog, clock, makeDecoders, emit } = given;
    const delivery = options.delivery ?? defaultDelivery[kind];
    const isExact = kind === "file";
    const mayDrop = kind === "live" && delivery !== "every";
    this.#emit = emit;
    this.#kind = kind;
    this.#clock = clock;
    const keyFrames = new KeyFrameRequests(clock, (reason) => {
      this.#source?.requestKeyFrame?.(reason);
      emit({ type: "key-frame-needed", reason });
    });
    this.#issues = new IssueCounter((code, detail) => {
      if (!issueBacklog.isFull) emit({ type: "issue", code, detail });
      if (kind === "live") keyFrames.noteIssue(code);
      if (code === "foreign-bytes") this.state({ type: "notice", message: asSentence(detail) });
    });
    this.#slots = new SlotWriter(control, waitingPolicies[delivery]);

    // Read from below: bytes → access units → a queue → pictures → frames in shared memory.
    this.#outlet = new FrameOutlet({
      isLive: kind === "live",
      slots: this.#slots,
      clock,
      demand: () => {
        if (delivery === "every") return "wanted";
        if (frameBacklog.isFull) return "held";
        return delivery === "newest" && this.#queue.isCatchingUp ? "soon replaced" : "wanted";
      },
      send: (frame) => {
        keyFrames.notePicture();
        emit({ type: "frame", frame });
      },
      onClose: (reason) => this.#closed(reason),
    });
    this.#decoders = makeDecoders(
      this.#outlet,
      this.#issues,
      { idle: () => this.#queue.decoderIdle(), lost: () => this.#queue.decoderLost() },
      {
        format: options.format,
        options: {
          showDamaged: options.showDamaged,
          threads: options.threads,
          maxDecodedBytes: options.maxDecodedMiB * 2 ** 20,
          order: isExact ? "exact" : "prompt",
        },
      },
    );
    const decoder = isExact
      ? this.#decoders.make()
      : new DecoderPair(this.#decoders.make(), this.#decoders.make(), {
          mayDecodeTwice: () => this.#hasTimeToSpare,
        });
    this.#queue = new DecodeQueue(decoder, clock, this.#issues, {
      maxLagMs: mayDrop ? options.maxLagMs : undefined,
      skipLoopFilter: options.skipLoopFilter,
      ...(kind === "file" ? { maxBytes: 4 * 1024 * 1024 } : {}),
      onFull: (full) => (full ? this.#source?.pause() : this.#source?.resume()),
      later: (run) => void setImmediate(run),
      whenQuiet: (run) => this.#whenQuiet(run, quietChecks),
      mayDecode: () => this.#slots.hasRoom,
      onBusy: (from, to) => this.#receiver.input.noteBusy(from, to),
      onLevel: () => this.#outlet.giveOutHeld(),
    });
    const counted: Sink<AccessUnit> = {
      push: (unit) => this.#takeAccessUnit(unit),
      close: (reason) => this.#queue.close(reason),
    };
    this.#receiver = receiveAccessUnits(counted, clock, this.#issues, {
      isLive: kind === "live",
      checkSlices: options.checkSlices,
      healCost: () => this.#queue.healCost,
      wasSeen: () => this.#queue.mayHaveOutputLatest,
    });
  }

  /** Names the source to pause when too much waits. */
  attach(source: EngineInput): void {
    this.#source = source;
  }

  begin(_session: Session): void {
    this.#firstBytes = new FirstBytes();
    this.#hasReportedForeign = false;
    this.#picturesBefore = this.#outlet.pictures;
  }

  push(chunk: Chunk): void {
    if (this.#stopped) return;
    this.#receivedBytes += chunk.data.length;
    if (this.#firstBytes.bytes === 0) this.#waitForPicture();
    this.#firstBytes.push(chunk.data);
    if (this.#firstBytes.bytes > foreignBytes) this.#reportIfForeign();
    this.#receiver.input.push(chunk);
  }

  end(_reason?: Error): void {
    this.#cancelPatience?.();
    // A picture that the program cut short by stopping is not a damaged picture.
    if (this.#stopped) return;
    if (this.#firstBytes.bytes > 0) this.#reportIfForeign();
    this.#receiver.input.endOfInput();
    this.#queue.flush();
  }

  state(state: SourceState): void {
    this.#emit({ type: "state", state });
  }

  close(reason?: Error): void {
    this.#cancelPatience?.();
    if (this.#stopped) this.#queue.close(reason);
    else this.#receiver.input.close(reason ?? this.#whyNothing());
  }

  /** The program ends the stream; then a stream without pictures is no error. */
  stop(): void {
    this.#stopped = true;
    this.#cancelPatience?.();
    this.#queue.abandon();
  }

  /** The program has taken or given back a frame. */
  roomMade(): void {
    this.#queue.resume();
    if (!this.#queue.isCatchingUp) this.#outlet.giveOutHeld();
  }

  #whenQuiet(run: () => void, checks: number): void {
    setTimeout(() => {
      if (checks > 1 && this.#slots.isInUse) this.#whenQuiet(run, checks - 1);
      else run();
    }, quietCheckMs);
  }

  get statistics(): StreamStatistics {
    return {
      receivedBytes: this.#receivedBytes,
      accessUnits: this.#accessUnits,
      pictures: this.#outlet.pictures,
      replaced: this.#slots.replaced,
      droppedLate: this.#queue.dropped,
      leftOut: { conversions: this.#outlet.unconverted, ...this.#queue.leftOut },
      waiting: this.#queue.length,
      healed: this.#queue.healed,
      decodingProcess: this.#decoders.process?.(),
      pictureEnds: this.#receiver.input.statistics,
      issues: this.#issues.list(),
    };
  }

  /** True when decoding each picture twice would take less than half of the time. */
  get #hasTimeToSpare(): boolean {
    return this.#queue.decodeTime * 4 < this.#receiver.input.pictureInterval;
  }

  #takeAccessUnit(unit: AccessUnit): void {
    if (!unit.corrects) this.#accessUnits++;
    if (unit.picture.unsupported && !this.#unsupported) {
      this.#unsupported = unit.picture.unsupported;
      this.state({
        type: "notice",
        message: `The stream uses ${unit.picture.unsupported}, which FFmpeg does not decode: pictures may be missing`,
      });
    }
    this.#queue.push(unit);
  }

  #waitForPicture(): void {
    if (this.#kind !== "live") return;
    this.#cancelPatience = this.#clock.startTimer(fromMilliseconds(patienceSeconds * 1000), () => {
      if (this.#outlet.pictures > this.#picturesBefore) return;
      this.#reportIfForeign();
      if (this.#hasReportedForeign) return;
      const came = `${this.#firstBytes.bytes} bytes came in ${patienceSeconds} s`;
      this.state({ type: "notice", message: `${came} without one whole picture${this.#reasons()}` });
    });
  }

  #reportIfForeign(): void {
    if (this.#kind !== "live" || this.#receiver.parser.foundStartCode || this.#hasReportedForeign) return;
    this.#hasReportedForeign = true;
    this.state({ type: "notice", message: this.#foreignMessage() });
  }

  #foreignMessage(): string {
    const looksLike = this.#firstBytes.describe();
    return (
      `${expectedH264}, but ${this.#receivedBytes} bytes came without any start code` +
      `${looksLike ? `; it looks like ${looksLike}` : ""}`
    );
  }

  /**
   * Why an input that ended gave no picture; undefined when it gave one, or when nothing arrived.
   */
  #whyNothing(): Error | undefined {
    if (this.#hasNothingToExplain) return undefined;
    if (!this.#receiver.parser.foundStartCode)
      return new NaliveError("NALIVE_NOT_H264", this.#foreignMessage());
    return undefined;
  }

  get #hasNothingToExplain(): boolean {
    return this.#stopped || this.#outlet.pictures > 0 || this.#receivedBytes === 0;
  }

  #closed(reason: Error | undefined): void {
    const why = reason ?? this.#whyNoPicture();
    const code = why instanceof NaliveError ? why.code : undefined;
    this.#emit({ type: "closed", reason: why, code, statistics: this.statistics });
  }

  #whyNoPicture(): Error | undefined {
    if (this.#hasNothingToExplain) return undefined;
    return new NaliveError(
      this.#unsupported ? "NALIVE_UNSUPPORTED_STREAM" : "NALIVE_NO_PICTURE",
      `The input ended without one whole picture (${this.#receivedBytes} bytes, ${this.#accessUnits} coded pictures)` +
        this.#reasons(),
    );
  }

  /** Why there is no picture, after a colon; empty if nothing is known. */
  #reasons(): string {
    // What was found in bytes that are something else would mislead.
    const certain = this.#firstBytes.recognize();
    if (certain) return `: it looks like ${certain}`;
    const issues = this.#issues
      .list()
      .map(({ count, detail }) => `${detail}${count > 1 ? ` (${count} times)` : ""}`);
    const feature = this.#unsupported ? [`it uses ${this.#unsupported}, which FFmpeg does not decode`] : [];
    // A container has start codes, too.
    const looksLike = this.#accessUnits === 0 ? this.#firstBytes.describe() : undefined;
    const reasons = [...(looksLike ? [`it looks like ${looksLike}`] : []), ...feature, ...issues].slice(0, 4);
    if (this.#issues.count("missing-parameter-set") > 0) reasons.push(repeatParameterSets);
    return reasons.length > 0 ? `: ${reasons.join("; ")}` : "";
  }
}

function asSentence(detail: string): string {
  return detail.charAt(0).toUpperCase() + detail.slice(1);
}

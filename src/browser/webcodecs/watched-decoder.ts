import {
  type CancelTimer,
  type Clock,
  fromMilliseconds,
  type Microseconds,
  microseconds,
} from "../../core/time.js";
import { type AccessUnit, isPossibleStart } from "../../h264/access-unit.js";
import { joinAnnexB, splitAnnexB } from "../../h264/annex-b.js";
import { patientSps } from "../../h264/order/patient-sps.js";
import { NalUnitType } from "../../h264/syntax/nal-unit.js";
import type { DecoderKind } from "./decoder-kinds.js";
import { endOfSequence } from "./decoder-probe.js";

/** Events of a `WatchedDecoder`. None follows `onFailed` or `close`. */
export interface WatchedDecoderEvents {
  /**
   * A picture, which the listener closes. Its timestamp is the sequence number of its access unit.
   */
  readonly onFrame: (frame: VideoFrame) => void;
  /** The browser took the decoder away (`QuotaExceededError`), or it failed or stalled. */
  readonly onFailed: (error: DOMException) => void;
  /** The decoder began with some of its chunks. */
  readonly onDequeued: () => void;
  /** True when the decoder should have output a picture by now. */
  readonly owes: () => boolean;
}

/** A decoder that owes pictures and outputs none for this long has stalled. */
const stallTimeout = fromMilliseconds(2000);

/**
 * One `VideoDecoder`, from its opening to its end. Also notices when it stalls, which browsers do
 * not report.
 */
export class WatchedDecoder {
  readonly #decoder: VideoDecoder;
  readonly #kind: DecoderKind;
  readonly #clock: Clock;
  readonly #events: WatchedDecoderEvents;
  #codec: string | undefined;
  #isOver = false;
  /** Since when the decoder has owed pictures and output none. */
  #silentSince: Microseconds;
  #cancelLook: CancelTimer | undefined;

  constructor(kind: DecoderKind, clock: Clock, events: WatchedDecoderEvents) {
    this.#kind = kind;
    this.#clock = clock;
    this.#events = events;
    this.#silentSince = clock.now();
    this.#decoder = new VideoDecoder({
      output: (frame) => this.#take(frame),
      error: (error) => this.#fail(error),
    });
    this.#decoder.addEventListener("dequeue", () => {
      if (!this.#isOver) events.onDequeued();
    });
  }

  /** Chunks that the decoder has not begun with. */
  get queueSize(): number {
    return this.#decoder.decodeQueueSize;
  }

  /** True when it outputs its latest picture on request, as far as is known. */
  get outputsOnRequest(): boolean {
    return this.#kind.abilities?.outputsOnRequest ?? true;
  }

  /** Configures the decoder for this codec, unless it is. */
  configure(codec: string): void {
    if (codec === this.#codec) return;
    this.#codec = codec;
    this.#decoder.configure({
      codec,
      hardwareAcceleration: this.#kind.hardwareAcceleration,
      optimizeForLatency: !this.outputsOnRequest,
    });
  }

  /** @throws DOMException when the browser cannot start at this access unit, and has to */
  decode(unit: AccessUnit): void {
    if (!this.#events.owes()) this.#silentSince = this.#clock.now();
    const mayStart = isPossibleStart(unit) && !unit.picture.secondField;
    const isPatient = this.outputsOnRequest;
    const isAsIs = !mayStart && !(isPatient && unit.nalUnits.some(({ type }) => isSps(type)));
    const data = isAsIs ? unit.data : bytesOf(unit, mayStart, isPatient);
    const type = mayStart ? "key" : "delta";
    this.#decoder.decode(new EncodedVideoChunk({ type, timestamp: unit.sequence, data }));
    this.#watch(stallTimeout);
  }

  /**
   * Asks for the picture of this access unit.
   * @param requests at least as many as the decoder has threads
   */
  ask({ sequence }: AccessUnit, requests: number): void {
    const chunk = { type: "delta", timestamp: sequence, data: endOfSequence } as const;
    for (let request = 0; request < requests; request++) this.#decoder.decode(new EncodedVideoChunk(chunk));
  }

  /** Makes the decoder output all pictures and forget everything. */
  flush(): void {
    // The error callback reports failures.
    void this.#decoder.flush().catch(() => undefined);
  }

  close(): void {
    this.#isOver = true;
    this.#cancelLook?.();
    if (this.#decoder.state !== "closed") this.#decoder.close();
  }

  #take(frame: VideoFrame): void {
    this.#silentSince = this.#clock.now();
    if (this.#isOver) frame.close();
    else this.#events.onFrame(frame);
  }

  #fail(error: DOMException): void {
    if (this.#isOver) return;
    this.close();
    this.#events.onFailed(error);
  }

  #watch(wait: Microseconds): void {
    this.#cancelLook ??= this.#clock.startTimer(wait, () => {
      this.#cancelLook = undefined;
      if (!this.#events.owes()) return;
      const silent = this.#clock.now() - this.#silentSince;
      if (silent < stallTimeout) this.#watch(microseconds(stallTimeout - silent));
      else this.#fail(new DOMException(`it has output nothing for ${Math.round(silent / 1000)} ms`));
    });
  }
}

/**
 * What the browser gets of an access unit. Parameter sets go after an access unit delimiter:
 * Chromium accepts no key frame that has one in its middle.
 *
 * @param isKey it gets the parameter sets that a decoder needs to start
 * @param isPatient its SPSs keep the decoder from giving out pictures unasked
 */
function bytesOf(unit: AccessUnit, isKey: boolean, isPatient: boolean): Uint8Array<ArrayBuffer> {
  const { parameterSets, data, nalUnits } = unit;
  const own = nalUnits.map(({ offset, length }) => data.subarray(offset, offset + length));
  const sets = isKey ? splitAnnexB(parameterSets) : [];
  const delimiters = nalUnits[0]?.type === NalUnitType.accessUnitDelimiter ? 1 : 0;
  const all = [...own.slice(0, delimiters), ...sets, ...own.slice(delimiters)];
  return joinAnnexB(isPatient ? all.map((nal) => (isSps(nal[0]! & 0x1f) ? patientSps(nal) : nal)) : all);
}

const isSps = (type: number) => type === NalUnitType.sequenceParameterSet;

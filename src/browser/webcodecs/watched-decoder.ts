import { joinBytes } from "../../core/bytes.js";
import {
  type CancelTimer,
  type Clock,
  fromMilliseconds,
  type Microseconds,
  microseconds,
} from "../../core/time.js";
import { type AccessUnit, isPossibleStart } from "../../h264/access-unit.js";
import { NalUnitType } from "../../h264/syntax/nal-unit.js";
import type { DecoderKind } from "./decoder-kinds.js";
import { endOfSequence } from "./decoder-probe.js";

/** What a `WatchedDecoder` tells. After `onFailed` and after `close` nothing more. */
export interface WatchedDecoderEvents {
  /** A picture, the listener's to close; its timestamp is the number of its access unit. */
  readonly onFrame: (frame: VideoFrame) => void;
  /** The browser took it away (`QuotaExceededError`), it failed, or it has stalled. */
  readonly onFailed: (error: DOMException) => void;
  /** It has taken in some of what it was given. */
  readonly onDequeued: () => void;
  /** Whether it should have given out a picture by now. */
  readonly owes: () => boolean;
}

/** A decoder that gives out nothing of what it owes for as long has stalled. */
const stallTimeout = fromMilliseconds(2000);

/** One `VideoDecoder` from its opening to its end, which may be a failure that it does not tell of itself. */
export class WatchedDecoder {
  readonly #decoder: VideoDecoder;
  readonly #kind: DecoderKind;
  readonly #clock: Clock;
  readonly #events: WatchedDecoderEvents;
  #codec: string | undefined;
  #isOver = false;
  /** Since when it owes a picture and has given out none. */
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

  /** Chunks that it has not begun with. */
  get queueSize(): number {
    return this.#decoder.decodeQueueSize;
  }

  /** Whether it is one that can be asked for the picture that it was given last, as far as is known. */
  get outputsOnRequest(): boolean {
    return this.#kind.abilities?.outputsOnRequest ?? true;
  }

  /** Prepares it for this codec, unless it is prepared. */
  configure(codec: string): void {
    if (codec === this.#codec) return;
    this.#codec = codec;
    this.#decoder.configure({
      codec,
      hardwareAcceleration: this.#kind.hardwareAcceleration,
      optimizeForLatency: !this.outputsOnRequest,
    });
  }

  /** @throws DOMException when the browser takes this for no access unit that it can begin with */
  decode(unit: AccessUnit): void {
    if (!this.#events.owes()) this.#silentSince = this.#clock.now();
    const mayStart = isPossibleStart(unit) && !unit.picture.secondField;
    const data = mayStart ? withParameterSets(unit) : unit.data;
    const type = mayStart ? "key" : "delta";
    this.#decoder.decode(new EncodedVideoChunk({ type, timestamp: unit.sequence, data }));
    this.#watch(stallTimeout);
  }

  /** Asks for the picture of this access unit. @param requests as many as it has threads, at least */
  ask({ sequence }: AccessUnit, requests: number): void {
    const chunk = { type: "delta", timestamp: sequence, data: endOfSequence } as const;
    for (let request = 0; request < requests; request++) this.#decoder.decode(new EncodedVideoChunk(chunk));
  }

  /** Forgets all; what it has comes out. */
  flush(): void {
    // What it fails at is told by its error callback.
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
      else this.#fail(new DOMException(`it has given out nothing for ${Math.round(silent / 1000)} ms`));
    });
  }
}

/** Parameter sets go behind an access unit delimiter: Chromium takes nothing as a key frame that has one in its middle. */
function withParameterSets({ parameterSets, data, nalUnits }: AccessUnit): Uint8Array<ArrayBuffer> {
  const [first] = nalUnits;
  const isDelimiter = first?.type === NalUnitType.accessUnitDelimiter;
  const at = isDelimiter ? first.offset + first.length : 0;
  return joinBytes([data.subarray(0, at), parameterSets, data.subarray(at)]);
}

import { type IssueCode, IssueCounter } from "../core/issues.js";
import type { Clock, Microseconds } from "../core/time.js";
import { DecodeQueue } from "../live/decoding/decode-queue.js";
import { FrameScheduler, type Pacing } from "../live/playout/frame-scheduler.js";
import { PresentationTime } from "../live/playout/presentation-time.js";
import { FrameHandover } from "./frame-handover.js";
import { PictureLog } from "./picture-log.js";
import type { PlayerFrame } from "./player-frame.js";
import type { PlayerEvent } from "./player-messages.js";
import { StatisticsCounter } from "./player-statistics.js";
import { RelayClient, type RelayedAccessUnit, type RelaySink } from "./relay/relay-client.js";
import { DecoderKinds } from "./webcodecs/decoder-kinds.js";
import { NewestPictures } from "./webcodecs/newest-pictures.js";
import { WebCodecsDecoder, type WebCodecsPicture } from "./webcodecs/webcodecs-decoder.js";

/** Options of a `Player`. */
export interface PlayerOptions {
  /** URL of the stream's WebSocket. */
  readonly url: string;
  readonly pacing: Pacing;
  readonly clock: Clock;
  readonly emit: (event: PlayerEvent, transfer?: Transferable[]) => void;
}

/** Age of a waiting access unit at which decoding counts as late, ms. */
const maxLagMs = 1000;

/**
 * One stream, from its WebSocket to frames, in one worker. The page draws the frames, because what
 * a worker draws on a canvas reaches the page one refresh later.
 */
export class Player implements RelaySink {
  readonly #clock: Clock;
  readonly #log: PictureLog;
  readonly #outlet: FrameHandover;
  readonly #newest: NewestPictures;
  readonly #decoder: WebCodecsDecoder;
  readonly #issues: IssueCounter;
  #queue: DecodeQueue;
  readonly #client: RelayClient;
  readonly #later = inLaterTurn();
  readonly #time = new PresentationTime(true);

  constructor(options: PlayerOptions) {
    const { clock, pacing, emit } = options;
    this.#clock = clock;
    const counter = new StatisticsCounter();
    this.#log = new PictureLog((figures) => {
      counter.add(figures);
      emit({ type: "picture", figures });
    });
    const issues = new IssueCounter((code, detail) => emit({ type: "issue", code, detail }));

    const fail = (reason: string) => {
      this.end();
      emit({ type: "useless", reason });
    };

    // Read from below: messages → access units → a queue → pictures → the newest → when due → the
    // page.
    const skip = (sequence: number) => this.#log.ended(sequence, "skipped", clock.now());
    this.#outlet = new FrameHandover(
      ({ image, sequence }) => emit({ type: "frame", frame: { image, sequence } }, [image]),
      skip,
    );
    const scheduler = new FrameScheduler<PlayerFrame>(this.#outlet, { clock, pacing });
    this.#newest = new NewestPictures(
      { push: (picture) => scheduler.push(this.#toFrame(picture)), close: () => scheduler.close() },
      clock,
      ({ sequence }) => skip(sequence),
    );
    const kinds = new DecoderKinds((why) => emit({ type: "ready", decoder: why }));
    this.#decoder = new WebCodecsDecoder(this.#newest, issues, {
      clock,
      kinds,
      isNewest: (unit) => this.#queue.length === 0 && this.#newest.isWanted(unit),
      onLost: () => this.#queue.decoderLost(),
      onUseless: ({ message }) => fail(message),
      onIdle: () => this.#queue.decoderIdle(),
      onHeldBack: ({ sequence }) => this.#log.ended(sequence, "held-back", clock.now()),
    });
    this.#issues = issues;
    this.#queue = this.#makeQueue();
    this.#client = new RelayClient(this, {
      url: options.url,
      clock,
      onState: (state) => {
        if (state.type === "waiting") this.#queue.flush();
        emit({ type: "state", state });
      },
      onRefused: fail,
      onDamage: (code, detail) => issues.report(code as IssueCode, detail),
      report: () => counter.report("webcodecs", kinds.why),
    });
  }

  /** Connects. After `pause`, resumes at the live edge. */
  start(): void {
    this.#client.start();
  }

  /** Stops receiving and decoding, because nobody watches. The last picture stays. */
  pause(): void {
    this.#client.pause();
  }

  /** The page drew a frame, or dropped it for a newer one. @param at when */
  frameDone(sequence: number, outcome: "shown" | "skipped", at: Microseconds): void {
    this.#log.ended(sequence, outcome, at);
    this.#outlet.frameDone();
  }

  /** Ends for good. */
  end(): void {
    this.#client.close();
  }

  /** A connection begins. Drops everything of the one before. */
  begin(): void {
    this.#queue.abandon();
    this.#queue = this.#makeQueue();
    this.#decoder.reset();
    this.#log.clear();
  }

  push(relayed: RelayedAccessUnit): void {
    this.#log.received(relayed);
    this.#newest.received(relayed.unit, relayed.beforeEdge);
    this.#queue.push(relayed.unit, relayed.receivedAt);
  }

  close(reason?: Error): void {
    this.#queue.abandon();
    this.#queue.close(reason);
  }

  /** A queue for one connection. */
  #makeQueue(): DecodeQueue {
    return new DecodeQueue(this.#decoder, this.#clock, this.#issues, {
      maxLagMs,
      skipLoopFilter: false,
      later: this.#later,
      mayDecode: () => true,
    });
  }

  #toFrame(picture: WebCodecsPicture): PlayerFrame {
    const { frame, unit } = picture;
    this.#log.decoded(unit, this.#clock.now());
    return {
      image: frame,
      sequence: unit.sequence,
      timestamp: this.#time.next(picture),
      provenance: unit,
      close: () => frame.close(),
    };
  }
}

/**
 * Runs functions in later turns of the event loop, without the 4 ms that browsers add to timers.
 */
function inLaterTurn(): (run: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (run) => {
    waiting.push(run);
    port2.postMessage(undefined);
  };
}

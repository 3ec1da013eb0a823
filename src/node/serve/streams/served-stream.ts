import type { Chunk } from "../../../core/chunk.js";
import { type IssueCode, type IssueCount, IssueCounter } from "../../../core/issues.js";
import type { Passing } from "../../../core/passing.js";
import type { Sink } from "../../../core/sink.js";
import { type Clock, fromMilliseconds, type Microseconds } from "../../../core/time.js";
import { AccessUnitMemory } from "../../../h264/access-units/access-unit-memory.js";
import {
  type AccessUnitReceiver,
  receiveAccessUnits,
} from "../../../h264/access-units/receive-access-units.js";
import { LowDelayStream } from "../../../h264/order/low-delay-stream.js";
import { endedByKeyFrame } from "../../../live/decoding/key-frame-requests.js";
import { ArrivalWatch } from "../../../live/relay/arrival-watch.js";
import { GroupNumbering } from "../../../live/relay/group-numbering.js";
import { LiveStream } from "../../../live/relay/live-stream.js";
import type { ServerMessage, StreamConfig } from "../../../wire/control-message.js";
import { FirstBytes } from "../../source/first-bytes.js";
import type { ServeConfig } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import { notH264, whyNoPicture } from "./foreign-publisher.js";
import { indexOfStartCode } from "./index-of-start-code.js";
import { roomForHeaders, type SealedUnit, Sealer, sealedUnitPacking } from "./sealed-unit.js";
import { StreamFigures } from "./stream-figures.js";
import { type Publisher, reasonOf, type StreamState } from "./stream-state.js";

/** Shortest time between two `damage` messages with the same code, µs. */
const damageInterval = fromMilliseconds(1000);

/**
 * Receives the access units of a stream and messages about it. Call `ServedStream.keep` for each
 * access unit that must outlive `push`.
 */
export interface Watcher extends Sink<Passing<SealedUnit>> {
  /**
   * True if it waits for the next publisher for as long as the stream exists. Others are closed
   * when nobody has published for `publish.waitMs`.
   */
  readonly waitsToTheEnd?: boolean;
  /** Delivers a message about the stream: `gone`, `silent`, `back` or `damage`. */
  tell(message: ServerMessage): void;
}

/** The parts of an access unit that stay valid after `push`; its bytes do not. */
type UnitWithoutBytes = Pick<SealedUnit, "group" | "object" | "config"> & {
  readonly unit: Pick<SealedUnit["unit"], "epoch">;
};

/**
 * One stream: one publisher at a time, any number of watchers. It outlives its publisher and waits
 * for the next one.
 *
 * `push` hands each access unit to the watchers synchronously, in one call stack.
 */
export class ServedStream {
  readonly name: string;
  readonly figures: StreamFigures;
  /** True for a configured source, whose stream never ends for lack of a publisher. */
  readonly isPermanent: boolean;
  /** Called after a publisher attaches. */
  onPublished: () => void = () => undefined;
  readonly #config: ServeConfig;
  readonly #clock: Clock;
  readonly #issues: IssueCounter;
  readonly #receiver: AccessUnitReceiver;
  readonly #live: LiveStream<Passing<SealedUnit>, SealedUnit, StreamConfig>;
  /** Each watcher with the function that ends its subscription. */
  readonly #watchers = new Map<Watcher, () => void>();
  readonly #memory = new AccessUnitMemory(roomForHeaders);
  readonly #damageToldAt = new Map<IssueCode, Microseconds>();
  #state: StreamState;
  #newest: UnitWithoutBytes | undefined;
  /** When the newest bytes came, or the publisher attached if none have come. */
  #lastByteAt: Microseconds;
  #arrivals: ArrivalWatch;
  #keyFrameRequestedAt: Microseconds | undefined;
  #keyFrameRequests = 0;
  #refused: ServeError | undefined;
  /** First bytes from the current or last publisher. */
  #firstBytes = new FirstBytes();
  /** Pictures that the stream had received when that publisher attached. */
  #picturesBefore = 0;

  constructor(
    name: string,
    isPermanent: boolean,
    config: ServeConfig,
    clock: Clock,
    mayCheck: () => boolean,
  ) {
    this.name = name;
    this.isPermanent = isPermanent;
    this.#config = config;
    this.#clock = clock;
    const now = clock.now();
    this.#state = { kind: "waiting", reason: undefined, since: now };
    this.#lastByteAt = now;
    this.#arrivals = new ArrivalWatch(now);
    this.figures = new StreamFigures(now);
    this.#issues = new IssueCounter((code, detail) => this.#noteIssue(code, detail));
    const issues = this.#issues;

    // Built from the far end: bytes → access units → repaired SPS → numbers → one message for all →
    // watchers.
    const memory = this.#memory;
    this.#live = new LiveStream(sealedUnitPacking, memory, { ...config.bounds, issues });
    const relay: Sink<Passing<SealedUnit>> = {
      push: (item) => this.#relay(item),
      close: (reason) => this.#live.close(reason),
    };
    const lowDelay = new LowDelayStream(new GroupNumbering(new Sealer(relay), issues), roomForHeaders);
    this.#receiver = receiveAccessUnits(lowDelay, clock, issues, {
      ...config.bounds,
      memory,
      indexOfStartCode,
      mayCheck,
      readsCavlc: true,
    });
  }

  /** The current publisher; undefined while the stream waits for one. */
  get publisher(): Publisher | undefined {
    return "publisher" in this.#state ? this.#state.publisher : undefined;
  }

  /**
   * `live`: pictures come. `silent`: a publisher is connected, but none come. `waiting`: nobody
   * publishes. `deserted`: nobody has for `publish.waitMs`.
   */
  get state(): StreamState["kind"] {
    return this.#state.kind;
  }

  /**
   * When pictures began to come, the newest one came (`silent`), or the last publisher left.
   */
  get since(): Microseconds {
    return this.#state.since;
  }

  /** Why no pictures come, as a sentence; undefined if they come, or if nobody knows. */
  get reason(): string | undefined {
    return reasonOf(this.#state, this.#hasPicture);
  }

  /** The newest access unit; undefined before the first. */
  get newest(): UnitWithoutBytes | undefined {
    return this.#newest;
  }

  /** The newest access unit that a new watcher gets at once; undefined if it gets none. */
  get edge(): UnitWithoutBytes | undefined {
    return this.#live.cachedUnits > 0 ? this.#newest : undefined;
  }

  /** Bytes cached for new watchers. */
  get cachedBytes(): number {
    return this.#live.cachedBytes;
  }

  get issues(): readonly IssueCount[] {
    return this.#issues.list();
  }

  get keyFrameRequests(): number {
    return this.#keyFrameRequests;
  }

  /**
   * Makes `publisher` the publisher. With `publish.takeover`, it replaces one that is not a source.
   * @throws ServeError `NALIVE_NAME_IN_USE` when the stream has a publisher that must stay
   */
  attach(publisher: Publisher): void {
    const current = this.publisher;
    if (current) {
      // A silent publisher keeps its place only until another one wants it.
      const { publish, bounds } = this.#config;
      const isIdle = this.#clock.now() - this.#lastByteAt > fromMilliseconds(bounds.publisherIdleMs);
      const mayTakeOver = (publish.takeover || isIdle) && current.via !== "source";
      if (!mayTakeOver) {
        throw new ServeError(
          "NALIVE_NAME_IN_USE",
          `${current.peer} already publishes ${this.name}: publish under another name, or set publish.takeover to let the newest win`,
        );
      }
      this.detach(current, `${publisher.peer} took over`);
      current.dismiss(new ServeError("NALIVE_TAKEN_OVER", `${publisher.peer} took over ${this.name}`));
    }
    const now = this.#clock.now();
    this.#state = { kind: "live", publisher, since: now };
    this.#lastByteAt = now;
    this.#arrivals = new ArrivalWatch(now);
    this.#refused = undefined;
    this.#firstBytes = new FirstBytes();
    this.#picturesBefore = this.figures.pictures;
    this.#tell({ type: "back", epoch: (this.#newest?.unit.epoch ?? -1) + 1 });
    this.onPublished();
  }

  /** Takes bytes from `publisher`; drops them if it is no longer the publisher. */
  push(publisher: Publisher, chunk: Chunk): void {
    if (this.publisher !== publisher) return;
    this.#lastByteAt = chunk.receivedAt;
    this.figures.received(chunk.data.length);
    const foreign = this.#firstBytes.push(chunk.data) ? this.#firstBytes.recognize() : undefined;
    this.#refused = foreign === undefined ? undefined : notH264(foreign);
    if (!this.#refused) this.#receiver.input.push(chunk);
    if (this.#refused) {
      const refused = this.#refused;
      this.detach(publisher, refused.message);
      publisher.dismiss(refused);
    }
  }

  /**
   * Removes a publisher that has left. The watchers stay and wait for the next one.
   * @returns the error to report to it, when nothing that it sent was a picture
   */
  detach(publisher: Publisher, reason: string): ServeError | undefined {
    if (this.publisher !== publisher) return undefined;
    this.#receiver.input.endOfInput();
    const noPicture = this.#hasPicture ? undefined : whyNoPicture(this.#firstBytes);
    const isKnown = this.#refused !== undefined || this.#firstBytes.bytes === 0;
    const why = noPicture && !isKnown ? `${reason}: ${noPicture.message}` : reason;
    this.#state = { kind: "waiting", reason: why, since: this.#clock.now() };
    this.#tell(this.#news());
    return noPicture;
  }

  /** Says why nobody publishes. Does nothing while somebody does. */
  explain(reason: string): void {
    const state = this.#state;
    if ("publisher" in state || state.reason === reason) return;
    this.#state = { ...state, reason };
    this.#tell(this.#news());
  }

  /**
   * Nobody has published for long: closes the watchers that do not wait any longer. The stream and
   * its last pictures stay for those who join.
   */
  release(reason: ServeError): void {
    if (this.#state.kind !== "waiting") return;
    this.#state = { ...this.#state, kind: "deserted" };
    for (const [watcher, end] of [...this.#watchers]) {
      if (watcher.waitsToTheEnd) continue;
      this.#watchers.delete(watcher);
      end();
      watcher.close(reason);
    }
  }

  /**
   * Adds a watcher, which gets the cached access units at once, and then why no more come, if none
   * do: so it shows even the last picture.
   * @returns a function that removes it
   */
  watch(watcher: Watcher): () => void {
    const end = this.#live.subscribe(watcher);
    this.#watchers.set(watcher, end);
    const news = this.#news();
    if (news) watcher.tell(news);
    if (!this.edge) this.wantKeyFrame("A viewer waits for a key frame to start from");
    return () => {
      this.#watchers.delete(watcher);
      end();
    };
  }

  /** Keeps an access unit beyond the current `push`: the result stays valid. */
  keep(item: Passing<SealedUnit>): SealedUnit {
    return this.#memory.keep(item, item.frame);
  }

  /** Asks the publisher for a key frame, at most once per `publish.keyFrameRequestMs`. */
  wantKeyFrame(reason: string): void {
    const now = this.#clock.now();
    const { publisher } = this;
    const interval = fromMilliseconds(this.#config.publish.keyFrameRequestMs);
    if (!publisher?.requestKeyFrame) return;
    if (this.#keyFrameRequestedAt !== undefined && now - this.#keyFrameRequestedAt < interval) return;
    this.#keyFrameRequestedAt = now;
    this.#keyFrameRequests++;
    publisher.requestKeyFrame(reason);
  }

  /**
   * Call once per second: updates the rates, notices that no pictures come any more, and dismisses
   * a publisher whose connection is dead or that has sent nothing at all for too long.
   */
  tick(): void {
    const now = this.#clock.now();
    this.figures.tick(now);
    const state = this.#state;
    if (!("publisher" in state)) return;
    const { publisher } = state;
    const since = this.#arrivals.silentSince(now);
    if (state.kind === "live" && since !== undefined) {
      this.#state = { kind: "silent", publisher, since };
      this.#tell(this.#news());
    }
    if (publisher.via === "source") return;
    // A sender whose screen stands still has nothing to send, and may stay.
    const isReachable = publisher.isReachable?.() ?? true;
    const idleMs = this.#config.bounds.publisherIdleMs;
    if (now - this.#lastByteAt <= fromMilliseconds(idleMs)) return;
    if (this.#firstBytes.bytes > 0 && isReachable) return;
    const error = new ServeError("NALIVE_IDLE", `${publisher.peer} has sent nothing for ${idleMs} ms`);
    this.detach(publisher, error.message);
    publisher.dismiss(error);
  }

  /** Ends the stream: dismisses the publisher and closes the watchers with the reason. */
  close(reason: ServeError): void {
    const { publisher } = this;
    if (publisher) {
      this.#state = { kind: "waiting", reason: reason.message, since: this.#clock.now() };
      publisher.dismiss(reason);
    }
    this.#receiver.input.close(reason);
    this.#watchers.clear();
  }

  #relay(item: Passing<SealedUnit>): void {
    const { width, height } = item.unit.format;
    const { maxPictureSamples } = this.#config.bounds;
    if (width * height > maxPictureSamples) {
      this.#refused ??= new ServeError(
        "NALIVE_PICTURE_TOO_LARGE",
        `${this.name} has pictures of ${width}x${height}, expected at most ${maxPictureSamples} samples (bounds.maxPictureSamples)`,
      );
      return;
    }
    this.#newest = item;
    this.#live.push(item);
    if (item.unit.corrects) return;
    const now = this.#clock.now();
    this.#arrivals.note(now);
    if (this.#state.kind === "silent") this.#state = { ...this.#state, kind: "live", since: now };
    this.figures.relayed(item, now);
  }

  /** True when the current or last publisher has sent a picture. */
  get #hasPicture(): boolean {
    return this.figures.pictures > this.#picturesBefore;
  }

  /** Why no pictures come, for watchers; undefined while they come. */
  #news(): ServerMessage | undefined {
    const { kind, since } = this.#state;
    if (kind === "live") return undefined;
    if (kind === "silent") return { type: "silent", since };
    const reason = this.#state.reason;
    // Nothing to say about a source that is not open yet.
    if (reason === undefined) return undefined;
    return { type: "gone", reason, ...(this.isPermanent ? {} : { waitsMs: this.#waitsMs }) };
  }

  /** How long the stream still waits for a publisher, ms. */
  get #waitsMs(): number {
    const { waitMs, keepMs } = this.#config.publish;
    const waited = Math.round((this.#clock.now() - this.#state.since) / 1000);
    return Math.max(0, Math.max(waitMs, keepMs) - waited);
  }

  #tell(message: ServerMessage | undefined): void {
    if (message) for (const watcher of this.#watchers.keys()) watcher.tell(message);
  }

  #noteIssue(code: IssueCode, detail: string): void {
    if (endedByKeyFrame.has(code)) this.wantKeyFrame(code);
    const now = this.#clock.now();
    const toldAt = this.#damageToldAt.get(code);
    if (toldAt !== undefined && now - toldAt < damageInterval) return;
    this.#damageToldAt.set(code, now);
    this.#tell({ type: "damage", code, count: this.#issues.count(code), detail });
  }
}

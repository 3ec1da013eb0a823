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

/** The same damage is told to viewers this often at most. */
const damageInterval = fromMilliseconds(1000);

/** Who sends a stream. */
export interface Publisher {
  /** In words, for logs and the API. */
  readonly peer: string;
  /** What it came through. */
  readonly via: "source" | "websocket" | "http";
  /** Ends its connection: it has lost its place, or sent what is not taken. */
  dismiss(error: ServeError): void;
  /** Asks for a key frame, where there is a way to ask. */
  requestKeyFrame?(reason: string): void;
}

/**
 * Gets the access units and the news of a stream. It asks the stream to keep those that it needs
 * after `push`.
 */
export interface Watcher extends Sink<Passing<SealedUnit>> {
  /** News of the stream: `gone`, `back`, `damage`. */
  tell(message: ServerMessage): void;
}

/** What of an access unit lasts although its bytes have passed. */
type UnitWithoutBytes = Pick<SealedUnit, "group" | "object" | "config"> & {
  readonly unit: Pick<SealedUnit["unit"], "epoch">;
};

/** Whether somebody publishes. */
type State =
  | { readonly kind: "live"; readonly publisher: Publisher; readonly since: Microseconds }
  | { readonly kind: "waiting"; readonly since: Microseconds };

/**
 * One published stream: one publisher at a time, any number of watchers. Stays when the publisher
 * leaves, for the next.
 *
 * From the publisher's bytes to the watchers is one call stack.
 */
export class ServedStream {
  readonly name: string;
  readonly figures: StreamFigures;
  /** A configured source: it waits for its publisher for ever. */
  readonly isPermanent: boolean;
  /** Called when somebody has become its publisher. */
  onPublished: () => void = () => undefined;
  readonly #config: ServeConfig;
  readonly #clock: Clock;
  readonly #issues: IssueCounter;
  readonly #receiver: AccessUnitReceiver;
  readonly #live: LiveStream<Passing<SealedUnit>, SealedUnit, StreamConfig>;
  readonly #watchers = new Set<Watcher>();
  readonly #memory = new AccessUnitMemory(roomForHeaders);
  readonly #toldAt = new Map<IssueCode, Microseconds>();
  #state: State;
  #newest: UnitWithoutBytes | undefined;
  #lastByteAt: Microseconds;
  #keyFrameRequestedAt: Microseconds | undefined;
  #keyFrameRequests = 0;
  #refused: ServeError | undefined;
  /**
   * Of the publisher now, or the last one: what it sent first, and how many pictures there were
   * before.
   */
  #firstBytes = new FirstBytes();
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
    this.#state = { kind: "waiting", since: clock.now() };
    this.#lastByteAt = clock.now();
    this.figures = new StreamFigures(clock.now());
    this.#issues = new IssueCounter((code, detail) => this.#noteIssue(code, detail));
    const issues = this.#issues;

    // Read from below: bytes → access units → SPS repaired → numbered → one message for all → many
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

  /** The publisher now. */
  get publisher(): Publisher | undefined {
    return this.#state.kind === "live" ? this.#state.publisher : undefined;
  }

  /** When the state of being published or not began. */
  get since(): Microseconds {
    return this.#state.since;
  }

  /** The newest access unit; undefined before the first. */
  get newest(): UnitWithoutBytes | undefined {
    return this.#newest;
  }

  /** The newest of what a watcher that comes now gets at once; undefined where that is nothing. */
  get edge(): UnitWithoutBytes | undefined {
    return this.#live.cachedUnits > 0 ? this.#newest : undefined;
  }

  /** Bytes kept for watchers that come. */
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
   * Makes somebody the publisher.
   * @throws ServeError `NALIVE_NAME_IN_USE` when there is one, and the configuration does not let
   *   the newest win
   */
  attach(publisher: Publisher): void {
    const current = this.publisher;
    if (current) {
      const mayTakeOver = this.#config.publish.takeover && current.via !== "source";
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
    this.#refused = undefined;
    this.#firstBytes = new FirstBytes();
    this.#picturesBefore = this.figures.pictures;
    this.#tell({ type: "back", epoch: (this.#newest?.unit.epoch ?? -1) + 1 });
    this.onPublished();
  }

  /** Takes bytes of the publisher; those of one who has lost its place are ignored. */
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
   * The publisher has left. Watchers stay, for the next one.
   * @returns what the publisher should know, when no picture came of all that it sent
   */
  detach(publisher: Publisher, reason: string): ServeError | undefined {
    if (this.publisher !== publisher) return undefined;
    this.#receiver.input.endOfInput();
    this.#state = { kind: "waiting", since: this.#clock.now() };
    this.#tell({
      type: "gone",
      reason,
      ...(this.isPermanent ? {} : { waitsMs: this.#config.publish.waitMs }),
    });
    return this.figures.pictures > this.#picturesBefore ? undefined : whyNoPicture(this.#firstBytes);
  }

  /** Adds a watcher, which gets at once what is cached. @returns takes it out again */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    const end = this.#live.subscribe(watcher);
    if (!this.edge) this.wantKeyFrame("A viewer waits for a key frame to start from");
    return () => {
      this.#watchers.delete(watcher);
      end();
    };
  }

  /** Makes an access unit last that is being pushed. */
  keep(item: Passing<SealedUnit>): SealedUnit {
    return this.#memory.keep(item, item.frame);
  }

  /** Asks the publisher for a key frame, not too often. */
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

  /** Once a second: rates, and a publisher that says nothing. */
  tick(): void {
    const now = this.#clock.now();
    this.figures.tick(now);
    const { publisher } = this;
    const idleMs = this.#config.bounds.publisherIdleMs;
    if (!publisher || publisher.via === "source") return;
    if (now - this.#lastByteAt <= fromMilliseconds(idleMs)) return;
    const error = new ServeError("NALIVE_IDLE", `${publisher.peer} has sent nothing for ${idleMs} ms`);
    this.detach(publisher, error.message);
    publisher.dismiss(error);
  }

  /** Ends it: the publisher is dismissed, the watchers are closed with the reason. */
  close(reason: ServeError): void {
    const { publisher } = this;
    if (publisher) {
      this.#state = { kind: "waiting", since: this.#clock.now() };
      publisher.dismiss(reason);
    }
    this.#receiver.input.close(reason);
    this.#watchers.clear();
  }

  #relay(item: Passing<SealedUnit>): void {
    const { width, height } = item.unit.format;
    const most = this.#config.bounds.maxPictureSamples;
    if (width * height > most) {
      this.#refused ??= new ServeError(
        "NALIVE_PICTURE_TOO_LARGE",
        `${this.name} has pictures of ${width}x${height}, expected at most ${most} samples (bounds.maxPictureSamples)`,
      );
      return;
    }
    this.#newest = item;
    this.#live.push(item);
    if (!item.unit.corrects) this.figures.relayed(item, this.#clock.now());
  }

  #tell(message: ServerMessage): void {
    for (const watcher of this.#watchers) watcher.tell(message);
  }

  #noteIssue(code: IssueCode, detail: string): void {
    if (endedByKeyFrame.has(code)) this.wantKeyFrame(code);
    const now = this.#clock.now();
    const told = this.#toldAt.get(code);
    if (told !== undefined && now - told < damageInterval) return;
    this.#toldAt.set(code, now);
    this.#tell({ type: "damage", code, count: this.#issues.count(code), detail });
  }
}

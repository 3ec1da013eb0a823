import type { Passing } from "../../../core/passing.js";
import { type Microseconds, microseconds } from "../../../core/time.js";
import type { SubscriptionDropReason } from "../../../live/relay/subscription.js";
import { type RecentPicture, RecentPictures } from "./recent-pictures.js";
import type { SealedUnit } from "./sealed-unit.js";
import { StageDelayLog } from "./stage-delays.js";

/** The figures of one stream in bounded memory: sums, rates per second, the newest pictures. */
export class StreamFigures {
  readonly delays = new StageDelayLog();
  readonly #recent = new RecentPictures();
  #pictures = 0;
  #bytes = 0;
  #sentBytes = 0;
  readonly #drops: Record<SubscriptionDropReason, number> = { "non-reference": 0, late: 0 };
  readonly #recordingDrops: Record<SubscriptionDropReason, number> = { "non-reference": 0, late: 0 };
  #before: { readonly at: Microseconds; readonly pictures: number; readonly bytes: number };
  #picturesPerSecond = 0;
  #bitsPerSecond = 0;

  constructor(now: Microseconds) {
    this.#before = { at: now, pictures: 0, bytes: 0 };
  }

  /** Access units received. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Bytes received. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes written to the sockets of viewers. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Access units dropped for viewers and readers that were too slow, by reason. */
  get drops(): Readonly<Record<SubscriptionDropReason, number>> {
    return this.#drops;
  }

  /** The sum of `drops`. */
  get droppedForViewers(): number {
    return Object.values(this.#drops).reduce((sum, count) => sum + count, 0);
  }

  /** Access units dropped from recordings because the disk was too slow, by reason. */
  get recordingDrops(): Readonly<Record<SubscriptionDropReason, number>> {
    return this.#recordingDrops;
  }

  get picturesPerSecond(): number {
    return this.#picturesPerSecond;
  }

  get bitsPerSecond(): number {
    return this.#bitsPerSecond;
  }

  /** The newest pictures, oldest first. */
  get recent(): readonly RecentPicture[] {
    return this.#recent.list();
  }

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  dropped(reason: SubscriptionDropReason): void {
    this.#drops[reason]++;
  }

  droppedForRecording(reason: SubscriptionDropReason): void {
    this.#recordingDrops[reason]++;
  }

  /** Counts an access unit that all watchers have received; `now` is when the last one did. */
  relayed({ unit, group, object }: Passing<SealedUnit>, now: Microseconds): void {
    this.#pictures++;
    const receive = microseconds(unit.lastByteAt - unit.firstByteAt);
    const complete = microseconds(unit.completeAt - unit.lastByteAt);
    const relay = microseconds(now - unit.completeAt);
    this.delays.add(receive, complete, relay);
    const { type, reference } = unit.picture;
    this.#recent.add(group, object, type, unit.data.byteLength, reference);
  }

  /** Call once per second: updates the rates. */
  tick(now: Microseconds): void {
    const { at, pictures, bytes } = this.#before;
    const seconds = (now - at) / 1_000_000;
    if (seconds > 0) {
      this.#picturesPerSecond = (this.#pictures - pictures) / seconds;
      this.#bitsPerSecond = ((this.#bytes - bytes) * 8) / seconds;
    }
    this.#before = { at: now, pictures: this.#pictures, bytes: this.#bytes };
  }
}

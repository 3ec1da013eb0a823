import { fromMilliseconds } from "../core/time.js";
import { DelayRecorder, type DelaySummary } from "../live/playout/delay-recorder.js";
import type { ReportMessage } from "../wire/control-message.js";
import type { PictureFigures } from "./picture-log.js";
import type { TierName } from "./tier.js";

/** Delays of the latest pictures since the server received their last byte, ms. */
export interface StageDelays {
  /** Until the server knew that the picture was complete. */
  readonly complete: DelaySummary | undefined;
  /** Until the player received it. */
  readonly received: DelaySummary | undefined;
  /** Until it was decoded and its turn came; unknown for a video element. */
  readonly decoded: DelaySummary | undefined;
  /** Until it was drawn. */
  readonly shown: DelaySummary | undefined;
}

/** Counts of a player since it was created, and the delays of the latest 512 pictures. */
export interface PlayerStatistics {
  /** Pictures drawn. */
  readonly shown: number;
  /** Whole pictures that were not drawn because a newer one was there. */
  readonly skipped: number;
  /** Pictures held back because something that they need was lost or damaged. */
  readonly heldBack: number;
  /** Size of all access units, bytes. */
  readonly bytes: number;
  /** By stage. */
  readonly delayMs: StageDelays;
}

/** The delays of this many pictures are kept. */
const mostDelays = 512;

/** Counts what became of pictures. */
export class StatisticsCounter {
  #shown = 0;
  #skipped = 0;
  #heldBack = 0;
  #bytes = 0;
  readonly #delays = {
    complete: new DelayRecorder(mostDelays),
    received: new DelayRecorder(mostDelays),
    decoded: new DelayRecorder(mostDelays),
    shown: new DelayRecorder(mostDelays),
  };

  /** Adds the figures of one picture. Only pictures that were shown count for the delays. */
  add({ outcome, bytes, completeMs, receivedMs, decodedMs, shownMs }: PictureFigures): void {
    this.#bytes += bytes;
    if (outcome === "skipped") this.#skipped++;
    else if (outcome === "held-back") this.#heldBack++;
    if (shownMs === undefined) return;
    this.#shown++;
    this.#delays.complete.add(fromMilliseconds(completeMs));
    this.#delays.received.add(fromMilliseconds(receivedMs));
    if (decodedMs !== undefined) this.#delays.decoded.add(fromMilliseconds(decodedMs));
    this.#delays.shown.add(fromMilliseconds(shownMs));
  }

  /** The counts as a message to the server. */
  report(tier: TierName, why: string): ReportMessage {
    const delays = this.#delays.shown.summary();
    return {
      type: "report",
      tier,
      why,
      shown: this.#shown,
      skipped: this.#skipped,
      heldBack: this.#heldBack,
      ...(delays ? { delayMs: { p50: delays.p50, p95: delays.p95 } } : {}),
    };
  }

  /** The counts so far. */
  get statistics(): PlayerStatistics {
    const { complete, received, decoded, shown } = this.#delays;
    return {
      shown: this.#shown,
      skipped: this.#skipped,
      heldBack: this.#heldBack,
      bytes: this.#bytes,
      delayMs: {
        complete: complete.summary(),
        received: received.summary(),
        decoded: decoded.summary(),
        shown: shown.summary(),
      },
    };
  }
}

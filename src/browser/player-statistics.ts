import { fromMilliseconds } from "../core/time.js";
import { DelayRecorder, type DelaySummary } from "../live/playout/delay-recorder.js";
import type { ReportMessage } from "../wire/control-message.js";
import type { PictureFigures } from "./picture-log.js";
import type { TierName } from "./tier.js";

/**
 * Delays of the latest 512 pictures by stage, ms, from when the server received a picture's last
 * byte.
 */
export interface StageDelays {
  /** Until the server knew that the picture was complete; undefined before the first picture. */
  readonly complete: DelaySummary | undefined;
  /** Until this page had received it. */
  readonly received: DelaySummary | undefined;
  /** Until it was decoded and its turn had come; undefined with the `mse` tier. */
  readonly decoded: DelaySummary | undefined;
  /** Until it was drawn. */
  readonly shown: DelaySummary | undefined;
}

/** What a player counted since `src` was set, and its delays. */
export interface PlayerStatistics {
  /** Pictures drawn. */
  readonly shown: number;
  /** Whole pictures that a newer one replaced before they were drawn. */
  readonly skipped: number;
  /** Pictures held back because one that they refer to was lost or damaged. */
  readonly heldBack: number;
  /** Bytes of all access units received. */
  readonly bytes: number;
  /** Delays by stage. */
  readonly delayMs: StageDelays;
}

const remembered = 512;

/** Counts what became of the pictures. */
export class StatisticsCounter {
  #shown = 0;
  #skipped = 0;
  #heldBack = 0;
  #bytes = 0;
  readonly #delays = {
    complete: new DelayRecorder(remembered),
    received: new DelayRecorder(remembered),
    decoded: new DelayRecorder(remembered),
    shown: new DelayRecorder(remembered),
  };

  /** Takes the figures of one picture. Only shown pictures have delays. */
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

  /** Makes the report for the server. */
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

  /** What was counted so far. */
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

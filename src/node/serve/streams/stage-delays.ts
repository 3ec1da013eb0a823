import { type Microseconds, microseconds } from "../../../core/time.js";
import { DelayRecorder, type DelaySummary } from "../../../live/playout/delay-recorder.js";
import { DelayHistogram } from "./delay-histogram.js";

/** Time that pictures spend in each stage of the server, ms. */
export interface StageDelays {
  /** First byte received → last byte received. */
  readonly receive?: DelaySummary;
  /** Last byte received → known to be complete. */
  readonly complete?: DelaySummary;
  /** Known to be complete → written to the sockets of all viewers. */
  readonly relay?: DelaySummary;
}

const stages = ["receive", "complete", "relay"] as const;
/** Pictures remembered for the summary. */
const capacity = 1024;

/**
 * The delays of one stream's pictures by stage. `add` only stores numbers: histograms and summaries
 * are worked out on request, which is rare.
 */
export class StageDelayLog {
  /** Delays of the newest pictures, µs: `stages.length` numbers per picture. */
  readonly #delays = new Float64Array(capacity * stages.length);
  #pictures = 0;
  readonly #histograms = {
    receive: new DelayHistogram(),
    complete: new DelayHistogram(),
    relay: new DelayHistogram(),
  };
  /** Pictures that are counted in the histograms. */
  #inHistograms = 0;

  /** Adds the delays of one picture. */
  add(receive: Microseconds, complete: Microseconds, relay: Microseconds): void {
    if (this.#pictures - this.#inHistograms === capacity) this.#fillHistograms();
    const at = (this.#pictures++ % capacity) * stages.length;
    const delays = this.#delays;
    delays[at] = receive;
    delays[at + 1] = complete;
    delays[at + 2] = relay;
  }

  /** Histograms of all pictures so far. */
  get histograms(): Readonly<Record<(typeof stages)[number], DelayHistogram>> {
    this.#fillHistograms();
    return this.#histograms;
  }

  /** Summarises the newest pictures. */
  summary(): StageDelays {
    const oldest = Math.max(0, this.#pictures - capacity);
    const entries = stages.flatMap((stage, index) => {
      const recorder = new DelayRecorder(capacity);
      for (let picture = oldest; picture < this.#pictures; picture++)
        recorder.add(this.#delay(picture, index));
      const summary = recorder.summary();
      return summary ? [[stage, summary] as const] : [];
    });
    return Object.fromEntries(entries);
  }

  #fillHistograms(): void {
    for (; this.#inHistograms < this.#pictures; this.#inHistograms++) {
      for (const [index, stage] of stages.entries()) {
        this.#histograms[stage].add(this.#delay(this.#inHistograms, index));
      }
    }
  }

  #delay(picture: number, stage: number): Microseconds {
    return microseconds(this.#delays[(picture % capacity) * stages.length + stage]!);
  }
}

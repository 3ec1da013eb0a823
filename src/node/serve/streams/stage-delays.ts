import { type Microseconds, microseconds } from "../../../core/time.js";
import { DelayRecorder, type DelaySummary } from "../../../live/playout/delay-recorder.js";
import { DelayHistogram } from "./delay-histogram.js";

/** Times that a picture spends in the server, by stage; ms. */
export interface StageDelays {
  /** First byte received → last byte received. */
  readonly receive?: DelaySummary;
  /** Last byte received → known to be complete. */
  readonly complete?: DelaySummary;
  /** Known to be complete → given to the sockets of all viewers. */
  readonly relay?: DelaySummary;
}

const stages = ["receive", "complete", "relay"] as const;
/** Pictures remembered for the summary. */
const capacity = 1024;

/**
 * The delays of one stream's pictures by stage. A picture only writes them down, side by side; what is made of them is
 * made when somebody asks, because that is seldom.
 */
export class StageDelayLog {
  /** Of the newest pictures, µs: `stages.length` numbers each. */
  readonly #delays = new Float64Array(capacity * stages.length);
  #pictures = 0;
  readonly #histograms = {
    receive: new DelayHistogram(),
    complete: new DelayHistogram(),
    relay: new DelayHistogram(),
  };
  /** Pictures that the histograms have. */
  #inHistograms = 0;

  /** Takes note of a picture. */
  add(receive: Microseconds, complete: Microseconds, relay: Microseconds): void {
    if (this.#pictures - this.#inHistograms === capacity) this.#fillHistograms();
    const at = (this.#pictures++ % capacity) * stages.length;
    const delays = this.#delays;
    delays[at] = receive;
    delays[at + 1] = complete;
    delays[at + 2] = relay;
  }

  /** Of all pictures so far. */
  get histograms(): Readonly<Record<(typeof stages)[number], DelayHistogram>> {
    this.#fillHistograms();
    return this.#histograms;
  }

  /** Of the newest pictures. */
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

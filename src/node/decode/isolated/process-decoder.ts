import type { AccessUnit } from "../../../h264/access-unit.js";
import type { MutableDecoder } from "../../../live/decoding/decoder-pair.js";
import type { DecoderCommand, DecoderTask } from "./decoder-messages.js";

/** The process that a `ProcessDecoder` forwards to: a `DecodingProcess`. */
export interface CommandTaker {
  /** Commands that are not done; not 0 either while what came would be lost. */
  readonly queueSize: number;
  /** Carries out a command, after those before it. `blamed`: the access unit of which it may die. */
  do(command: DecoderCommand, blamed?: AccessUnit): void;
  /** It died of this access unit twice. */
  isDeadly(unit: AccessUnit): boolean;
  /** Ends it when everything is done, then closes the sink. */
  close(reason?: Error): void;
}

/** An `FfmpegDecoder` in another process: it forwards. An access unit that is deadly there is as if it had been lost. */
export class ProcessDecoder implements MutableDecoder {
  muted = false;
  readonly #process: CommandTaker;
  readonly #number: number;
  #lostBefore = false;
  /** The end of the latest access unit was a guess: there may be something to settle. */
  #isEndGuessed = false;

  constructor(process: CommandTaker, number: number) {
    this.#process = process;
    this.#number = number;
  }

  get queueSize(): number {
    return this.#process.queueSize;
  }

  push(unit: AccessUnit): void {
    if (this.#process.isDeadly(unit)) {
      this.#lostBefore = true;
      return;
    }
    this.#isEndGuessed = unit.endedBy === "silence" || unit.endedBy === "transport";
    const lostBefore = this.#lostBefore && !unit.discontinuity;
    this.#lostBefore = false;
    this.#do({ type: "push", unit: lostBefore ? { ...unit, discontinuity: true } : unit }, unit);
  }

  confirmEnd(): void {
    if (this.#isEndGuessed) this.#do({ type: "confirmEnd" });
    this.#isEndGuessed = false;
  }

  reset(): void {
    this.#lostBefore = false;
    this.#isEndGuessed = false;
    this.#do({ type: "reset" });
  }

  flush(): void {
    this.#isEndGuessed = false;
    this.#do({ type: "flush" });
  }

  close(reason?: Error): void {
    if (this.muted) return;
    this.flush();
    this.#process.close(reason);
  }

  #do(task: DecoderTask, blamed?: AccessUnit): void {
    this.#process.do({ ...task, decoder: this.#number, muted: this.muted }, blamed);
  }
}

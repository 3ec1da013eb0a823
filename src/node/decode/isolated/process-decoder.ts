import type { AccessUnit } from "../../../h264/access-unit.js";
import type { MutableDecoder } from "../../../live/decoding/decoder-pair.js";
import type { DecoderCommand, DecoderTask } from "./decoder-messages.js";

/** The process that a `ProcessDecoder` forwards to: a `DecodingProcess`. */
export interface CommandTarget {
  /** Commands that are not done. Not 0 while a command would be lost. */
  readonly queueSize: number;
  /**
   * Carries out a command after those before it.
   * @param blamed the access unit to blame if the process dies
   */
  do(command: DecoderCommand, blamed?: AccessUnit): void;
  /** True when two processes died while they decoded this access unit. */
  isDeadly(unit: AccessUnit): boolean;
  /** Ends the process when everything is done, then closes the sink. */
  close(reason?: Error): void;
}

/**
 * Forwards to an `FfmpegDecoder` in another process. An access unit that is deadly there counts as
 * lost.
 */
export class ProcessDecoder implements MutableDecoder {
  muted = false;
  readonly #process: CommandTarget;
  readonly #number: number;
  #lostBefore = false;
  /** The decoder may hold the latest picture, because its end was a guess. */
  #isEndGuessed = false;

  constructor(process: CommandTarget, number: number) {
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

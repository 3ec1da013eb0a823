import { type Microseconds, microseconds } from "../../core/time.js";

/** Questions that are remembered: those of the last minute, with one every four seconds. */
const memory = 15;

interface Answer {
  readonly roundTrip: number;
  /** The server's time less ours. */
  readonly offset: number;
}

/**
 * The server's clock as seen from here. Of the latest questions that were put to the server the one
 * that was answered quickest says most: its way there and back can have been uneven by half its
 * time at most.
 */
export class ServerClock {
  #answers: Answer[] = [];
  #best: Answer | undefined;

  /** What the server said when it was asked at `sentAt`, answered here at `receivedAt`. */
  answer(sentAt: Microseconds, serverTime: Microseconds, receivedAt: Microseconds): void {
    const roundTrip = receivedAt - sentAt;
    this.#answers.push({ roundTrip, offset: serverTime - (sentAt + receivedAt) / 2 });
    if (this.#answers.length > memory) this.#answers.shift();
    this.#best = this.#answers.reduce((best, each) => (each.roundTrip < best.roundTrip ? each : best));
  }

  /**
   * The server's time now, as it says without being asked: a beginning, too early by the way here.
   */
  hint(serverTime: Microseconds, receivedAt: Microseconds): void {
    this.#answers = [];
    this.#best = { roundTrip: Number.POSITIVE_INFINITY, offset: serverTime - receivedAt };
  }

  /** A time of the server's clock on ours. */
  toLocal(serverTime: Microseconds): Microseconds {
    return microseconds(serverTime - (this.#best?.offset ?? 0));
  }
}

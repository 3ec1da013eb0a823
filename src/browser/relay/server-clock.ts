import { type Microseconds, microseconds } from "../../core/time.js";

/** Questions remembered: those of the last minute, at one every four seconds. */
const memory = 15;

interface Answer {
  readonly roundTrip: number;
  /** The server's time minus ours. */
  readonly offset: number;
}

/**
 * Estimates the server's clock. Of the latest questions to the server, the one with the quickest
 * answer counts: its error is at most half of its round trip.
 */
export class ServerClock {
  #answers: Answer[] = [];
  #best: Answer | undefined;

  /** Takes the server's answer to a question sent at `sentAt`, received at `receivedAt`. */
  answer(sentAt: Microseconds, serverTime: Microseconds, receivedAt: Microseconds): void {
    const roundTrip = receivedAt - sentAt;
    this.#answers.push({ roundTrip, offset: serverTime - (sentAt + receivedAt) / 2 });
    if (this.#answers.length > memory) this.#answers.shift();
    this.#best = this.#answers.reduce((best, each) => (each.roundTrip < best.roundTrip ? each : best));
  }

  /**
   * Takes the server's time from its greeting: a first estimate, early by the time that the message
   * took.
   */
  hint(serverTime: Microseconds, receivedAt: Microseconds): void {
    this.#answers = [];
    this.#best = { roundTrip: Number.POSITIVE_INFINITY, offset: serverTime - receivedAt };
  }

  /** Converts a time of the server's clock to ours. */
  toLocal(serverTime: Microseconds): Microseconds {
    return microseconds(serverTime - (this.#best?.offset ?? 0));
  }
}

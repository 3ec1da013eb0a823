import { type Microseconds, microseconds } from "../core/time.js";
import { type AccessUnit, isPossibleStart } from "../h264/access-unit.js";
import type { RelayedAccessUnit } from "./relay/relay-client.js";

/** What became of a picture. */
export type PictureOutcome =
  /** It was drawn. */
  | "shown"
  /** A newer one was there. */
  | "skipped"
  /** It is not whole, or cannot be decoded; an issue says why. */
  | "held-back";

/**
 * All that is known of one picture. Times are ms from when the server had received its last byte.
 */
export interface PictureFigures {
  /** Number in decoding order. */
  readonly sequence: number;
  /** Number of the publisher's connection. */
  readonly epoch: number;
  /** I, P or B. */
  readonly type: "I" | "P" | "B";
  /** Whether a decoder can be started here. */
  readonly keyFrame: boolean;
  /** Size of the access unit. */
  readonly bytes: number;
  /** What became of it. */
  readonly outcome: PictureOutcome;
  /** The server knew that it was complete. */
  readonly completeMs: number;
  /** It was here. */
  readonly receivedMs: number;
  /**
   * The browser gave it out, and it was its turn; undefined: it did not come so far, as the next.
   */
  readonly decodedMs?: number;
  /** It was drawn. */
  readonly shownMs?: number;
}

interface Entry {
  readonly relayed: RelayedAccessUnit;
  decodedAt: Microseconds | undefined;
}

/** Pictures that are under way at most. */
const capacity = 4096;

/** Follows each picture from its arrival to its end, and then tells. */
export class PictureLog {
  readonly #underWay = new Map<number, Entry>();
  readonly #tell: (figures: PictureFigures) => void;

  /** @param tell called once for each picture, in the order in which they end */
  constructor(tell: (figures: PictureFigures) => void) {
    this.#tell = tell;
  }

  /** It is here. */
  received(relayed: RelayedAccessUnit): void {
    this.#underWay.set(relayed.unit.sequence, { relayed, decodedAt: undefined });
    if (this.#underWay.size <= capacity) return;
    for (const oldest of this.#underWay.keys()) {
      this.#underWay.delete(oldest);
      break;
    }
  }

  /** It was decoded, and it is its turn. */
  decoded({ sequence }: AccessUnit, at: Microseconds): void {
    const entry = this.#underWay.get(sequence);
    if (entry) entry.decodedAt = at;
  }

  /** Nothing more becomes of it. */
  ended(sequence: number, outcome: PictureOutcome, at: Microseconds): void {
    const entry = this.#underWay.get(sequence);
    if (!entry) return;
    this.#underWay.delete(sequence);
    const { unit, receivedAt } = entry.relayed;
    const since = (time: Microseconds) => microseconds(time - unit.lastByteAt) / 1000;
    this.#tell({
      sequence,
      epoch: unit.epoch,
      type: unit.picture.type,
      keyFrame: isPossibleStart(unit),
      bytes: unit.data.byteLength,
      outcome,
      completeMs: since(unit.completeAt),
      receivedMs: since(receivedAt),
      ...(entry.decodedAt === undefined ? {} : { decodedMs: since(entry.decodedAt) }),
      ...(outcome === "shown" ? { shownMs: since(at) } : {}),
    });
  }

  /** What is under way does not come any more. */
  clear(): void {
    this.#underWay.clear();
  }
}

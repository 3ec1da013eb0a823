import { type Microseconds, microseconds } from "../core/time.js";
import { type AccessUnit, isPossibleStart } from "../h264/access-unit.js";
import type { RelayedAccessUnit } from "./relay/relay-client.js";

/** What became of a picture. */
export type PictureOutcome =
  /** It was drawn. */
  | "shown"
  /** A newer one replaced it before it was drawn. */
  | "skipped"
  /** It is not whole or cannot be decoded; a `held` event says why. */
  | "held-back";

/** The figures of one picture. Times are ms from when the server received its last byte. */
export interface PictureFigures {
  /** Number of the access unit in decoding order. */
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
  /** When the server knew that it was complete. */
  readonly completeMs: number;
  /** When this page had received it. */
  readonly receivedMs: number;
  /** When it was decoded and its turn had come; undefined if it never was. */
  readonly decodedMs?: number;
  /** When it was drawn; undefined if it was not. The screen shows it with its next refresh. */
  readonly shownMs?: number;
}

interface Entry {
  readonly relayed: RelayedAccessUnit;
  decodedAt: Microseconds | undefined;
}

/** Most pictures followed at once; the log forgets older ones. */
const capacity = 4096;

/** Follows each picture from its arrival to its end, and reports its figures then. */
export class PictureLog {
  readonly #underWay = new Map<number, Entry>();
  readonly #report: (figures: PictureFigures) => void;

  /** @param report called once per picture, in the order in which they end */
  constructor(report: (figures: PictureFigures) => void) {
    this.#report = report;
  }

  /** The picture has arrived. */
  received(relayed: RelayedAccessUnit): void {
    this.#underWay.set(relayed.unit.sequence, { relayed, decodedAt: undefined });
    if (this.#underWay.size <= capacity) return;
    for (const oldest of this.#underWay.keys()) {
      this.#underWay.delete(oldest);
      break;
    }
  }

  /** The picture was decoded and its turn has come. */
  decoded({ sequence }: AccessUnit, at: Microseconds): void {
    const entry = this.#underWay.get(sequence);
    if (entry) entry.decodedAt = at;
  }

  /** The picture has come to its end. */
  ended(sequence: number, outcome: PictureOutcome, at: Microseconds): void {
    const entry = this.#underWay.get(sequence);
    if (!entry) return;
    this.#underWay.delete(sequence);
    const { unit, receivedAt } = entry.relayed;
    const since = (time: Microseconds) => microseconds(time - unit.lastByteAt) / 1000;
    this.#report({
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

  /** Forgets all pictures: those on their way will not come. */
  clear(): void {
    this.#underWay.clear();
  }
}

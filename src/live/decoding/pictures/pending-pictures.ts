import type { AccessUnit } from "../../../h264/access-unit.js";
import type { CodedUnits, PreparedPicture } from "./picture-sink.js";

/** A picture that the decoder has, or that waits for its turn. */
export interface PendingPicture<F> extends CodedUnits {
  lastUnit: AccessUnit;
  /** Sequence number of the possible start that it depends on. */
  readonly group: number | undefined;
  mayShow: boolean;
  /** `awaited`: the decoder still has it. `none`: nobody waits for it. */
  frame: F | "awaited" | "none";
  isDamaged: boolean;
  prepared: PreparedPicture | undefined;
}

/** The frame of two fields takes the lower picture order count (8.2.1). */
export function frameOf({ unit, lastUnit }: CodedUnits): AccessUnit {
  if (unit === lastUnit) return unit;
  const [first, second] = [unit.picture, lastUnit.picture];
  const pictureOrderCount = Math.min(first.pictureOrderCount, second.pictureOrderCount);
  const startsOrder = first.startsOrder || second.startsOrder;
  return { ...unit, picture: { ...first, pictureOrderCount, startsOrder } };
}

/**
 * The pictures between the decoder and their turn in output order. The decoder may report them in
 * any order. Their number is bounded by what a decoder holds.
 */
export class PendingPictures<F extends object> {
  /** In decoding order, by the sequence number of the first access unit. */
  readonly #pictures = new Map<number, PendingPicture<F>>();
  /** Those whose turn has come, in output order. */
  readonly #turn: PendingPicture<F>[] = [];

  get length(): number {
    return this.#pictures.size;
  }

  /** How many the decoder has. */
  get owed(): number {
    let owed = 0;
    for (const { frame } of this.#pictures.values()) if (frame === "awaited") owed++;
    return owed;
  }

  /** The first in decoding order that the decoder has. */
  get firstOwed(): PendingPicture<F> | undefined {
    for (const picture of this.#pictures.values()) if (picture.frame === "awaited") return picture;
    return undefined;
  }

  /** @param sequence number of the first access unit */
  get(sequence: number): PendingPicture<F> | undefined {
    return this.#pictures.get(sequence);
  }

  /** @param sequence number of the picture's access unit; of a pair of fields, either */
  find(sequence: number): PendingPicture<F> | undefined {
    const picture = this.#pictures.get(sequence) ?? this.#pictures.get(sequence - 1);
    return picture && sequence <= picture.lastUnit.sequence ? picture : undefined;
  }

  add(picture: PendingPicture<F>): void {
    this.#pictures.set(picture.unit.sequence, picture);
  }

  /** @param sequences of pictures whose turn has come, in output order */
  takeTurns(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const picture = this.#pictures.get(sequence);
      if (picture) this.#turn.push(picture);
    }
  }

  /** Removes the next picture in output order, unless the decoder still has it. */
  shift(): PendingPicture<F> | undefined {
    const [picture] = this.#turn;
    if (!picture || picture.frame === "awaited") return undefined;
    this.#turn.shift();
    this.#pictures.delete(picture.unit.sequence);
    return picture;
  }

  /**
   * The decoder reported `picture`. Decoders report frames in decoding order or in output order, so
   * a picture before it in both orders is missing: nobody waits for it.
   */
  giveUpBefore(picture: PendingPicture<F>): void {
    for (const other of this.#turn) {
      if (other === picture) return;
      if (other.frame === "awaited" && other.unit.sequence < picture.unit.sequence) other.frame = "none";
    }
  }

  /** Removes all of them. */
  clear(): PendingPicture<F>[] {
    const pictures = [...this.#pictures.values()];
    this.#pictures.clear();
    this.#turn.length = 0;
    return pictures;
  }
}

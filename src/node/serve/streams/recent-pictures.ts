import type { CodedPicture } from "../../../h264/access-unit.js";

/** Pictures remembered: enough to show the last few groups. */
const capacity = 150;
/**
 * Numbers per picture: group, object, bytes, and `kind`, which is twice the index of its type plus
 * 1 for a reference picture.
 */
const fields = 4;
const types: readonly CodedPicture["type"][] = ["I", "P", "B"];

/** A recent picture, for the dashboard to draw. */
export interface RecentPicture {
  readonly group: number;
  readonly object: number;
  readonly type: CodedPicture["type"];
  readonly bytes: number;
  readonly reference: boolean;
}

/**
 * The last pictures of a stream, stored as plain numbers: pictures are added far more often than
 * listed.
 */
export class RecentPictures {
  readonly #numbers = new Uint32Array(capacity * fields);
  #count = 0;

  add(group: number, object: number, type: CodedPicture["type"], bytes: number, reference: boolean): void {
    const numbers = this.#numbers;
    const at = (this.#count++ % capacity) * fields;
    numbers[at] = group;
    numbers[at + 1] = object;
    numbers[at + 2] = bytes;
    numbers[at + 3] = types.indexOf(type) * 2 + Number(reference);
  }

  /** Oldest first. */
  list(): RecentPicture[] {
    const length = Math.min(this.#count, capacity);
    return Array.from({ length }, (_, index) => {
      const at = ((this.#count - length + index) % capacity) * fields;
      const [group, object, bytes, kind] = this.#numbers.subarray(at, at + fields) as unknown as Numbers;
      return { group, object, type: types[kind >> 1]!, bytes, reference: (kind & 1) === 1 };
    });
  }
}

type Numbers = readonly [number, number, number, number];

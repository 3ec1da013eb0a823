import type { CodedPicture } from "../../../h264/access-unit.js";

/** Pictures that are remembered: the last few groups at a glance. */
const capacity = 150;
/** Numbers of one picture: group, object, bytes, and the index of its type with a bit for a reference picture. */
const fields = 4;
const types: readonly CodedPicture["type"][] = ["I", "P", "B"];

/** One of the last pictures, as the page draws it. */
export interface RecentPicture {
  readonly group: number;
  readonly object: number;
  readonly type: CodedPicture["type"];
  readonly bytes: number;
  readonly reference: boolean;
}

/** The last pictures of a stream. Plain numbers, because a picture is noted far more often than somebody asks. */
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

  /** The newest last. */
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

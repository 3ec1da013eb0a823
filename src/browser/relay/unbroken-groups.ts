import type { NumberedAccessUnit } from "../../h264/access-unit.js";

/**
 * What to do with an access unit: decode it, decode it knowing that something before it is lost, or
 * throw it away.
 */
type Verdict = "follows" | "after-loss" | "lost";

/**
 * Looks at the numbers of access units as they come. After a gap nothing can be decoded until the
 * next group begins, unless the server has said that what is missing is needed by nobody.
 */
export class UnbrokenGroups {
  #last: { readonly group: number; readonly object: number } | undefined;
  #hasLost = false;
  #announced: { readonly group: number; readonly object: number } | undefined;

  /**
   * The server left out what comes before `next`: when that is in the middle of a group, only
   * non-reference pictures.
   */
  expectGap(next: { readonly group: number; readonly object: number }): void {
    this.#announced = next;
  }

  /** Looks at the next one. */
  judge({ group, object, unit }: NumberedAccessUnit): Verdict {
    const isAnnounced = this.#announced?.group === group && this.#announced.object === object;
    if (isAnnounced) this.#announced = undefined;
    if (object === 0) {
      const skipped = this.#last !== undefined && group > this.#last.group + 1;
      const afterLoss = this.#hasLost || skipped || isAnnounced;
      this.#last = { group, object };
      this.#hasLost = false;
      return afterLoss ? "after-loss" : "follows";
    }
    const last = this.#last;
    const isNext = last?.group === group && object === last.object + 1;
    const isAgain = last?.group === group && object === last.object && unit.corrects;
    if (!this.#hasLost && last?.group === group && (isNext || isAgain || isAnnounced)) {
      this.#last = { group, object };
      return "follows";
    }
    this.#hasLost = true;
    return "lost";
  }
}

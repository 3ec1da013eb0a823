import type { NumberedAccessUnit } from "../../h264/access-unit.js";

/**
 * What to do with an access unit: decode it, decode it in place of the one before, decode it as the
 * first after a loss, or drop it.
 */
type Verdict = "follows" | "again" | "after-loss" | "lost";

/**
 * Checks the numbers of access units as they arrive. After a gap nothing can be decoded until the
 * next group, unless the server has said that no other picture refers to what is missing.
 */
export class UnbrokenGroups {
  #last: { readonly group: number; readonly object: number } | undefined;
  #hasLost = false;
  #announced: { readonly group: number; readonly object: number } | undefined;

  /**
   * Notes that the server left out everything before `next`. In the middle of a group those are
   * non-reference pictures only.
   */
  expectGap(next: { readonly group: number; readonly object: number }): void {
    this.#announced = next;
  }

  /** Judges the next access unit. */
  judge({ group, object, unit }: NumberedAccessUnit): Verdict {
    const isAnnounced = this.#announced?.group === group && this.#announced.object === object;
    if (isAnnounced) this.#announced = undefined;
    const last = this.#last;
    const isSame = last?.group === group && last.object === object;
    if (isSame && unit.corrects && !this.#hasLost) return "again";
    if (object === 0) {
      const skipped = last !== undefined && group > last.group + 1;
      const afterLoss = this.#hasLost || skipped || isAnnounced;
      this.#last = { group, object };
      this.#hasLost = false;
      return afterLoss ? "after-loss" : "follows";
    }
    const isNext = last?.group === group && object === last.object + 1;
    if (!this.#hasLost && last?.group === group && (isNext || isAnnounced)) {
      this.#last = { group, object };
      return "follows";
    }
    this.#hasLost = true;
    return "lost";
  }
}

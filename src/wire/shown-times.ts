/** Most pictures that precede another in output order and follow it in decoding order. */
const largestLead = 16;
/** Pictures to remember: a new one is shown next to one of these. */
const remembered = 2 * largestLead;

interface ShownPicture {
  readonly count: number;
  readonly at: number;
}

/** When the latest pictures are shown: keeps times in output order, whatever the slots were. */
export class ShownTimes {
  #order: ShownPicture[] = [];
  /** When the latest picture of earlier orders is shown. */
  #floor = Number.NEGATIVE_INFINITY;

  /** The next pictures follow all that came, in output order. */
  startOrder(): void {
    for (const { at } of this.#order) this.#floor = Math.max(this.#floor, at);
    this.#order = [];
  }

  /**
   * The time of the next picture: `wanted`, unless one of its neighbours in output order is then
   * shown on the wrong side of it.
   */
  place(count: number, wanted: number, interval: number): number {
    let before: ShownPicture = { count: Number.NEGATIVE_INFINITY, at: this.#floor };
    let after: ShownPicture | undefined;
    for (const shown of this.#order) {
      if (shown.count <= count) before = shown.at > before.at ? shown : before;
      else if (!after || shown.at < after.at) after = shown;
    }
    const free = wanted > before.at ? wanted : before.at + Math.round(interval / 2);
    const at = after && free >= after.at ? between(before, count, after, interval) : free;
    this.#order.push({ count, at });
    if (this.#order.length > remembered) {
      this.#floor = Math.max(this.#floor, this.#order.shift()!.at);
    }
    return at;
  }
}

/** A time between two pictures, at the place that the order count has between theirs. */
function between(before: ShownPicture, count: number, after: ShownPicture, interval: number): number {
  const from = Math.max(before.at, after.at - interval);
  const room = after.at - from;
  if (Number.isFinite(before.count)) {
    return from + Math.round((room * (count - before.count + 1)) / (after.count - before.count + 1));
  }
  const ahead = after.count - count;
  return after.at - Math.round((room * ahead) / (ahead + largestLead));
}

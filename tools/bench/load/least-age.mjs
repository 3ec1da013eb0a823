/**
 * The least age p95 of the picture in view that any rule could reach which leaves out no single reference picture, even one that
 * knows all costs and what will come: by trying all choices of how much of each group to decode.
 *
 * A bound from below: pictures are taken to be in view as soon as they are decoded, and to be complete when they are sent.
 *
 * @param {import("../clips/clips.mjs").Clip} clip
 * @param {import("./slow-decoder.mjs").Costs} costs
 */
export function leastAge({ spec }, costs) {
  let low = 0;
  let high = 10_000;
  while (high - low > 2) {
    const middle = (low + high) / 2;
    if (leastShareAbove(middle, spec, costs) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** The least share of the time in which the picture in view can be older than that. */
function leastShareAbove(age, { fps, gop }, { unfiltered, isReference }) {
  const interval = 1000 / fps;
  const count = isReference.length;
  const end = (count - 1) * interval;
  const known = new Map();
  const tooOld = (newest, from, to) => Math.max(0, to - Math.max(from, newest * interval + age));
  /** Once `latest` is decoded, and the decoder free. */
  const best = (latest, free) => {
    const key = latest * 2 ** 20 + Math.round(free * 4);
    if (known.has(key)) return known.get(key);
    let least = tooOld(latest, free, end);
    for (const next of following(latest, isReference, gop)) {
      const shown = Math.max(free, next * interval) + unfiltered[next];
      if (shown < end) least = Math.min(least, tooOld(latest, free, shown) + best(next, shown));
    }
    known.set(key, least);
    return least;
  };
  return best(0, unfiltered[0]) / (end - unfiltered[0]);
}

/** What may be decoded after that access unit: those up to the next reference picture, or the start of a later group. */
function following(latest, isReference, gop) {
  const next = [];
  for (let index = latest + 1; index < isReference.length; index++) {
    next.push(index);
    if (isReference[index]) break;
  }
  const start = (Math.floor(latest / gop) + 1) * gop;
  for (const index of [start, start + gop]) {
    if (index < isReference.length && !next.includes(index)) next.push(index);
  }
  return next;
}

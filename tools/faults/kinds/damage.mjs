// Pieces come, but not as they were: cut short, with flipped bits, with garbage between them.

import { streamOf } from "../clips/stream.mjs";
import { concat, isSlice, somewhere, soundPlan } from "../parts.mjs";

const clips = [
  "p-cabac",
  "p-cavlc",
  "p-grain",
  "p-grain-cavlc",
  "slices-4",
  "slices-4-cavlc",
  "b-2",
  "b-pyramid-cavlc",
  "large",
];
const damage = ["damaged-picture", "decode-error", "frame-num-gap", "malformed-slice-header", "held-back"];

/** The stream with one slice replaced by what `change` makes of it. */
function withChangedSlice(random, stream, change, isWanted) {
  const position = somewhere(random, stream, isWanted);
  // Longer pictures are looked at for missing bytes only where bytes go missing.
  const transport = stream.pictures[position].bytes.length > 4000 ? "udp" : "tcp";
  const plan = soundPlan(stream, transport, stream.name === "large" ? { fps: 40 } : {});
  const { nalUnits } = stream.pictures[position];
  const chosen = random.pick(nalUnits.filter(isSlice));
  plan.parts[position].bytes = concat(nalUnits.map((nal) => (nal === chosen ? change(nal) : nal)));
  plan.touched.damage(position);
  return plan;
}

/** Some bytes are missing in the middle. */
function withHole(random, nal) {
  const from = random.whole(12, nal.length - 2);
  const to = random.whole(from + 1, nal.length - 1);
  return concat([nal.subarray(0, from), nal.subarray(to)]);
}

/** A slice ends early, lacks its last bytes, or some in the middle. */
function withLessOfSlice(random, stream) {
  const lessOf = random.pick([
    (nal) => nal.subarray(0, random.whole(6, nal.length - 1)),
    (nal) => nal.subarray(0, nal.length - random.whole(1, 24)),
    (nal) => withHole(random, nal),
  ]);
  return withChangedSlice(random, stream, lessOf);
}

/** Bits `from` to `to` of the slice's bytes, header byte first; a flip is never in the start code. */
function withFlippedBit(random, nal, from, to) {
  const flipped = Uint8Array.from(nal);
  const bit = random.whole(from, Math.min(to, (nal.length - 4) * 8 - 1));
  flipped[4 + (bit >> 3)] ^= 0x80 >> (bit & 7);
  return flipped;
}

export const damages = [
  {
    name: "truncated",
    causes: damage,
    plan: (random) =>
      withChangedSlice(random, streamOf(random.pick(clips)), (nal) =>
        nal.subarray(0, random.whole(6, nal.length - 1)),
      ),
  },
  {
    name: "truncated-tail",
    causes: damage,
    plan: (random) =>
      withChangedSlice(random, streamOf(random.pick(clips)), (nal) =>
        nal.subarray(0, nal.length - random.whole(1, 24)),
      ),
  },
  {
    name: "hole-in-slice",
    causes: damage,
    plan: (random) => withChangedSlice(random, streamOf(random.pick(clips)), (nal) => withHole(random, nal)),
  },
  {
    name: "mbaff-damaged",
    causes: damage,
    plan: (random) => withLessOfSlice(random, streamOf(random.pick(["mbaff", "mbaff-b", "mbaff-refs"]))),
  },
  {
    name: "444-damaged",
    causes: damage,
    plan: (random) => withLessOfSlice(random, streamOf(random.pick(["high-444", "grain-444", "mbaff-444"]))),
  },
  {
    name: "bit-flip-header",
    causes: damage,
    unnoticeable: true,
    plan: (random) =>
      withChangedSlice(random, streamOf(random.pick(clips)), (nal) => withFlippedBit(random, nal, 0, 40)),
  },
  {
    name: "bit-flip-data",
    causes: damage,
    unnoticeable: true,
    plan: (random) =>
      withChangedSlice(random, streamOf(random.pick(clips)), (nal) => withFlippedBit(random, nal, 64, 1e9)),
  },
  {
    name: "garbage-between",
    causes: [],
    plan(random) {
      const stream = streamOf(random.pick(["p-cabac", "p-cavlc", "b-2", "slices-4", "mbaff", "aud"]));
      const plan = soundPlan(stream, "tcp");
      for (const part of plan.parts) {
        if (!random.chance(0.3)) continue;
        const { nalUnits } = stream.pictures[part.position];
        part.bytes = concat(nalUnits.flatMap((nal) => (random.chance(0.5) ? [garbage(random), nal] : [nal])));
      }
      return plan;
    },
  },
];

/** NAL units of unspecified and reserved types, filler data, zero bytes: what a decoder has to ignore. */
function garbage(random) {
  const type = random.pick([12, 24, 29, 31]);
  const body = random.bytes(random.whole(1, 60)).map((byte) => byte | 1);
  return random.chance(0.2)
    ? new Uint8Array(random.whole(1, 20))
    : concat([Uint8Array.of(0, 0, 0, 1, type), body]);
}

// Whole pieces of a stream never come: access units, slices, parameter sets.

import { streamOf } from "../clips/stream.mjs";
import { concat, isParameterSet, isSlice, somewhere, soundPlan, typeOf } from "../parts.mjs";

const anyClip = [
  "p-cabac",
  "p-cavlc",
  "p-grain",
  "slices-4",
  "b-2",
  "b-pyramid",
  "b-pyramid-cavlc",
  "mbaff",
  "mbaff-b",
  "open-gop",
  "open-gop-pyramid",
  "p-short",
  "bare-intra",
  "all-intra",
  "all-intra-bare",
];
const gap = ["frame-num-gap", "held-back"];

/** The stream without the access units at these positions. */
export function without(stream, positions, transport = "tcp") {
  const plan = soundPlan(stream, transport);
  for (const position of positions) plan.touched.add(position);
  plan.parts = plan.parts.filter(({ position }) => !plan.touched.has(position));
  return plan;
}

/** The stream without some NAL units of one access unit. */
function withoutNalUnits(stream, position, isLost, transport) {
  const plan = soundPlan(stream, transport);
  plan.parts[position].bytes = concat(
    stream.pictures[position].nalUnits.filter((nal, index) => !isLost(nal, index)),
  );
  return plan;
}

/** A stream of two temporal layers of which the upper one comes in part, or not at all. */
function withoutLayer(random, name, asSeen) {
  const stream = streamOf(name);
  stream.pictures = stream.pictures.map((picture) => (isUpper(picture) ? asSeen(picture) : picture));
  const part = random.pick([0.05, 0.5, 1]);
  const left = stream.pictures.filter((picture) => isUpper(picture) && random.chance(part));
  return without(
    stream,
    left.map(({ position }) => position),
    random.pick(["tcp", "ws"]),
  );
}

const isUpper = ({ unit }) => unit.picture.frameNum % 2 === 1;

/** The second of two clips of 40 pictures comes without parameter sets of these types; it sends them anew after 20. */
function withoutChangedSets(stream, types) {
  const at = 40;
  const plan = withoutNalUnits(stream, at, (nal) => types.includes(typeOf(nal)), "tcp");
  for (let position = at; position < at + 20; position++) plan.touched.add(position);
  return plan;
}

export const losses = [
  {
    name: "unit-lost",
    causes: gap,
    plan(random) {
      const stream = streamOf(random.pick(anyClip));
      return without(stream, [somewhere(random, stream)], random.pick(["tcp", "ws"]));
    },
  },
  {
    name: "reference-lost",
    causes: gap,
    plan(random) {
      const stream = streamOf(
        random.pick(["p-cabac", "p-cavlc", "b-2", "b-pyramid", "mbaff", "open-gop", "slices-4-cavlc"]),
      );
      const isReference = ({ isReference, startsDecoding }) => isReference && !startsDecoding;
      return without(stream, [somewhere(random, stream, isReference)]);
    },
  },
  {
    name: "non-reference-lost",
    causes: [],
    plan(random) {
      const stream = streamOf(random.pick(["b-2", "b-pyramid", "mbaff-b", "open-gop"]));
      const positions = Array.from({ length: 3 }, () =>
        somewhere(random, stream, (picture) => !picture.isReference),
      );
      return without(stream, positions);
    },
  },
  {
    name: "idr-lost",
    causes: [...gap, "missing-parameter-set"],
    plan(random) {
      const stream = streamOf(random.pick(["p-cabac", "b-2", "b-pyramid", "p-short", "open-gop", "mbaff"]));
      return without(stream, [somewhere(random, stream, ({ startsDecoding }) => startsDecoding)]);
    },
  },
  {
    name: "field-pair-lost",
    causes: gap,
    plan(random) {
      const stream = streamOf("fields");
      return without(stream, [somewhere(random, stream)], random.pick(["tcp", "ws"]));
    },
  },
  {
    name: "field-lost",
    causes: [...gap, "damaged-picture"],
    plan(random) {
      const stream = streamOf("fields");
      const position = somewhere(random, stream);
      const slices = stream.pictures[position].nalUnits.filter(isSlice);
      const lost = random.pick(slices);
      const plan = withoutNalUnits(stream, position, (nal) => nal === lost, random.pick(["tcp", "ws"]));
      plan.touched.damage(position);
      return plan;
    },
  },
  {
    name: "gaps-allowed",
    causes: [],
    plan: (random) => withoutLayer(random, "layers-gaps", (picture) => ({ ...picture, isReference: false })),
  },
  {
    name: "gaps-forbidden",
    causes: gap,
    plan: (random) => withoutLayer(random, "layers", (picture) => picture),
  },
  {
    // Leaving pictures out is what the flag is for: nothing tells those that were lost from those that were left out.
    name: "gaps-allowed-loss",
    causes: gap,
    unnoticeable: true,
    plan(random) {
      const stream = streamOf("layers-gaps");
      const isLower = ({ unit }) => unit.picture.frameNum % 2 === 0 && !unit.picture.idr;
      return without(stream, [somewhere(random, stream, isLower)]);
    },
  },
  {
    // frame_num goes on where the lost IDR picture would have begun it anew, and nothing else in the stream tells.
    name: "idr-lost-at-wrap",
    causes: gap,
    unnoticeable: true,
    plan(random) {
      const stream = streamOf("p-17");
      return without(stream, [somewhere(random, stream, ({ startsDecoding }) => startsDecoding)]);
    },
  },
  {
    name: "bare-intra-loss",
    causes: gap,
    plan(random) {
      const stream = streamOf(random.pick(["bare-intra", "all-intra-bare"]));
      return without(stream, [somewhere(random, stream)]);
    },
  },
  {
    name: "units-lost-in-a-row",
    causes: gap,
    plan(random) {
      const stream = streamOf(
        random.pick(["p-cabac", "b-2", "b-pyramid", "mbaff", "open-gop-pyramid", "p-short"]),
      );
      const from = somewhere(random, stream);
      return without(
        stream,
        Array.from({ length: random.whole(2, 9) }, (_, index) => from + index),
      );
    },
  },
  {
    name: "slice-lost",
    causes: ["damaged-picture", "held-back"],
    plan(random) {
      const stream = streamOf(
        random.pick(["slices-4", "slices-4-cavlc", "mbaff-b", "mbaff-444", "mbaff-cavlc"]),
      );
      const several = ({ nalUnits }) => nalUnits.filter(isSlice).length > 1;
      const position = somewhere(random, stream, several);
      const slices = stream.pictures[position].nalUnits
        .map((nal, index) => (isSlice(nal) ? index : -1))
        .filter((index) => index >= 0);
      const lost = random.pick(slices);
      const plan = withoutNalUnits(stream, position, (_, index) => index === lost, "tcp");
      plan.touched.damage(position);
      return plan;
    },
  },
  {
    name: "sps-or-pps-lost",
    causes: ["missing-parameter-set"],
    plan(random) {
      const stream = streamOf(random.pick(["p-cabac", "b-2", "mbaff"]));
      const lost = random.pick([[7], [8], [7, 8]]);
      const plan = withoutNalUnits(stream, 0, (nal) => lost.includes(typeOf(nal)), "tcp");
      const next = stream.pictures.find(
        ({ position, startsDecoding }) => position > 0 && startsDecoding,
      ).position;
      for (let position = 0; position < next; position++) plan.touched.add(position);
      return plan;
    },
  },
  {
    name: "changed-sets-lost",
    causes: [
      "damaged-picture",
      "decode-error",
      "held-back",
      "frame-num-gap",
      "malformed-slice-header",
      "missing-parameter-set",
    ],
    plan(random) {
      const [before, after] = random.pick([
        ["frames", "other-size"],
        ["frames", "frames-cavlc"],
        ["frames-cavlc", "frames"],
        ["frames", "frames-mbaff"],
        ["small-size", "other-size"],
        ["frames", "frames-b"],
        ["frames-b", "frames"],
        ["frames", "high-422"],
      ]);
      return withoutChangedSets(streamOf(before, after), random.pick([[7], [8], [7, 8]]));
    },
  },
  {
    // Slices of 8 and of 10 bits have the same syntax: only the lost SPS says which they are.
    name: "changed-depth-lost",
    causes: gap,
    unnoticeable: true,
    plan: () => withoutChangedSets(streamOf("frames", "high-10"), [7]),
  },
  {
    name: "sets-once",
    causes: gap,
    plan(random) {
      const stream = streamOf(random.pick(["p-cabac", "b-2", "mbaff", "slices-4"]));
      const plan = without(stream, [somewhere(random, stream)]);
      plan.parts = plan.parts.map((part) => {
        if (part.position === 0) return part;
        return {
          ...part,
          bytes: concat(stream.pictures[part.position].nalUnits.filter((nal) => !isParameterSet(nal))),
        };
      });
      return plan;
    },
  },
];

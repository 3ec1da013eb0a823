// The stream changes its nature, and nothing is lost: every picture is shown.

import { streamOf } from "../clips/stream.mjs";
import { concat, soundPlan } from "../parts.mjs";

const small = [
  "frames",
  "frames-b",
  "frames-mbaff",
  "frames-paff-sps",
  "frames-slices",
  "frames-aud",
  "frames-cavlc",
  "baseline",
  "high-10",
  "high-422",
  "high-444",
  "small-size",
  "other-size",
];

/** A kind that plays one of these sequences of clips. */
function change(name, sequences) {
  return {
    name,
    causes: [],
    plan: (random) => soundPlan(streamOf(...random.pick(sequences)), random.pick(["tcp", "ws", "udp"])),
  };
}

export const changes = [
  {
    name: "no-fault",
    causes: [],
    plan(random) {
      const clips = [
        "p-cabac",
        "p-cavlc",
        "p-grain",
        "slices-4",
        "b-2",
        "b-pyramid",
        "mbaff",
        "mbaff-b",
        "open-gop",
        "open-gop-pyramid",
        "refresh",
        "all-intra",
        "all-intra-bare",
        "bare-intra",
        "p-short",
        "aud",
        "fields",
        "layers",
        "layers-gaps",
      ];
      return soundPlan(streamOf(random.pick(clips)), random.pick(["tcp", "ws"]));
    },
  },
  change("resolution", [
    ["small-size", "other-size"],
    ["other-size", "small-size"],
    ["frames", "other-size", "frames-b"],
  ]),
  change("profile-or-depth", [
    ["baseline", "high-10"],
    ["high-10", "frames"],
    ["frames", "high-422"],
    ["high-444", "frames-b"],
    ["frames-b", "high-444"],
  ]),
  change("frame-field", [
    ["frames", "frames-mbaff"],
    ["frames-mbaff", "frames"],
    ["frames-paff-sps", "frames-mbaff", "frames-b"],
    ["frames", "frames-fields", "frames-mbaff"],
    ["frames-fields", "written-frames"],
    ["written-frames", "fields"],
  ]),
  change("slices-or-aud", [
    ["frames", "frames-slices"],
    ["frames-slices", "frames-aud"],
    ["frames-aud", "frames"],
    ["frames-cavlc", "frames", "frames-slices"],
  ]),
  {
    name: "anything-to-anything",
    causes: [],
    plan: (random) =>
      soundPlan(streamOf(...new Set([small, small.slice(4), small.slice(0, 4)].map(random.pick))), "tcp"),
  },
  {
    name: "encoder-restart",
    causes: [],
    plan(random) {
      // In the middle of a group of pictures: frame_num and POC begin anew, with the same parameter sets.
      const stream = streamOf(
        random.pick(["p-cabac", "b-2", "b-pyramid", "mbaff"]),
        random.pick(["p-cavlc", "frames", "frames-b"]),
      );
      const plan = soundPlan(stream, "tcp");
      const stop = random.whole(30, 70);
      plan.parts = plan.parts.filter(({ position }) => position < stop || position >= 100);
      for (let position = stop; position < 100; position++) plan.touched.add(position);
      return plan;
    },
  },
  {
    name: "sets-between",
    causes: [],
    plan(random) {
      // Parameter sets are repeated before any picture, as some encoders do.
      const stream = streamOf(random.pick(["p-cabac", "b-2", "slices-4", "mbaff"]));
      const plan = soundPlan(stream, "tcp");
      const sets = concat(stream.pictures[0].nalUnits.filter((nal) => [7, 8].includes(nal[4] & 31)));
      for (const part of plan.parts)
        if (part.position > 0 && random.chance(0.3)) part.bytes = concat([sets, part.bytes]);
      return plan;
    },
  },
];

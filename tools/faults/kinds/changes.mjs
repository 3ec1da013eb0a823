// The stream changes its nature and loses nothing: every picture is shown.
import { streamOf } from "../clips/stream.mjs";
import { concat, isParameterSet, soundPlan } from "../plan.mjs";

/** @import { Kind } from "../plan.mjs" */

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

/**
 * A kind that plays one of these sequences of clips.
 *
 * @param {string} name
 * @param {readonly (readonly string[])[]} sequences
 * @returns {Kind}
 */
function change(name, sequences) {
  return {
    name,
    causes: [],
    plan: (choices) => soundPlan(streamOf(...choices.pick(sequences)), choices.pick(["tcp", "ws", "udp"])),
  };
}

/** @type {Kind[]} */
export const changes = [
  {
    name: "no-fault",
    causes: [],
    plan(choices) {
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
      return soundPlan(streamOf(choices.pick(clips)), choices.pick(["tcp", "ws"]));
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
    plan: (choices) =>
      soundPlan(streamOf(...new Set([small, small.slice(4), small.slice(0, 4)].map(choices.pick))), "tcp"),
  },
  {
    name: "encoder-restart",
    causes: [],
    plan(choices) {
      // In the middle of a group of pictures: frame_num and POC restart, with the same parameter
      // sets.
      const stream = streamOf(
        choices.pick(["p-cabac", "b-2", "b-pyramid", "mbaff"]),
        choices.pick(["p-cavlc", "frames", "frames-b"]),
      );
      const plan = soundPlan(stream, "tcp");
      const stop = choices.whole(30, 70);
      plan.parts = plan.parts.filter(({ picture: { position } }) => position < stop || position >= 100);
      for (let position = stop; position < 100; position++) plan.touched.add(position);
      return plan;
    },
  },
  {
    name: "order-learned",
    causes: ["late-picture"],
    plan(choices) {
      // The order of the first group comes as a surprise. No later group loses a picture.
      const stream = streamOf(choices.pick(["b-denied", "before-idr", "counts-by-one"]));
      const plan = soundPlan(stream, choices.pick(["tcp", "ws", "udp"]));
      for (const { position, unit } of stream.pictures.slice(1)) {
        if (unit.picture.idr) break;
        plan.touched.add(position);
      }
      return plan;
    },
  },
  {
    name: "sets-between",
    causes: [],
    plan(choices) {
      // Some encoders repeat the parameter sets before any picture.
      const stream = streamOf(choices.pick(["p-cabac", "b-2", "slices-4", "mbaff"]));
      const plan = soundPlan(stream, "tcp");
      const [first, ...others] = plan.parts;
      const sets = concat(first?.picture.nalUnits.filter(isParameterSet) ?? []);
      for (const part of others) if (choices.chance(0.3)) part.bytes = concat([sets, part.bytes]);
      return plan;
    },
  },
];

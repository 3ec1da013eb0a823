// Whole pieces of a stream never arrive: access units, slices, parameter sets.
import { streamOf } from "../clips/stream.mjs";
import { concat, isParameterSet, isSlice, partOf, somePicture, soundPlan, typeOf } from "../plan.mjs";
import { without } from "./without.mjs";

/**
 * @import { IssueCode } from "../../../dist/core/issues.js"
 * @import { Choices } from "../choices.mjs"
 * @import { Stream, StreamPicture } from "../clips/stream.mjs"
 * @import { Kind, Transport } from "../plan.mjs"
 */

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
/** @type {IssueCode[]} */
const gap = ["frame-num-gap", "held-back"];

/**
 * The stream without some NAL units of one picture.
 *
 * @param {Stream} stream
 * @param {StreamPicture} picture
 * @param {(nal: Uint8Array) => boolean} isLost
 * @param {Transport} [transport]
 */
function withoutNalUnits(stream, picture, isLost, transport = "tcp") {
  const plan = soundPlan(stream, transport);
  partOf(plan, picture).bytes = concat(picture.nalUnits.filter((nal) => !isLost(nal)));
  return plan;
}

/**
 * A stream of two temporal layers of which the upper one comes in part, or not at all.
 *
 * @param {Choices} choices
 * @param {string} name of the clip
 * @param {(picture: StreamPicture) => StreamPicture} asSeen what a receiver makes of a picture of
 *   the upper layer
 */
function withoutLayer(choices, name, asSeen) {
  const stream = streamOf(name);
  stream.pictures = stream.pictures.map((picture) => (isUpper(picture) ? asSeen(picture) : picture));
  const part = choices.pick([0.05, 0.5, 1]);
  const left = stream.pictures.filter((picture) => isUpper(picture) && choices.chance(part));
  return without(stream, left, choices.pick(["tcp", "ws"]));
}

/** @param {StreamPicture} picture */
const isUpper = ({ unit }) => unit.picture.frameNum % 2 === 1;

/** @param {StreamPicture} picture */
const startsDecoding = (picture) => picture.startsDecoding;

/**
 * The second of two clips of 40 pictures comes without parameter sets of these types, and sends
 * them again after 20.
 *
 * @param {Stream} stream
 * @param {readonly number[]} types
 */
function withoutChangedSets(stream, types) {
  const at = 40;
  const [picture] = stream.pictures.slice(at);
  if (!picture) throw new Error(`${stream.name} has only one clip`);
  const plan = withoutNalUnits(stream, picture, (nal) => types.includes(typeOf(nal)));
  for (let position = at; position < at + 20; position++) plan.touched.add(position);
  return plan;
}

/** @type {Kind[]} */
export const losses = [
  {
    name: "unit-lost",
    causes: gap,
    plan(choices) {
      const stream = streamOf(choices.pick(anyClip));
      return without(stream, [somePicture(choices, stream)], choices.pick(["tcp", "ws"]));
    },
  },
  {
    name: "reference-lost",
    causes: gap,
    plan(choices) {
      const stream = streamOf(
        choices.pick(["p-cabac", "p-cavlc", "b-2", "b-pyramid", "mbaff", "open-gop", "slices-4-cavlc"]),
      );
      const lost = somePicture(
        choices,
        stream,
        ({ isReference, startsDecoding }) => isReference && !startsDecoding,
      );
      return without(stream, [lost]);
    },
  },
  {
    name: "non-reference-lost",
    causes: [],
    plan(choices) {
      const stream = streamOf(choices.pick(["b-2", "b-pyramid", "mbaff-b", "open-gop"]));
      const lost = Array.from({ length: 3 }, () =>
        somePicture(choices, stream, (picture) => !picture.isReference),
      );
      return without(stream, lost);
    },
  },
  {
    name: "idr-lost",
    causes: [...gap, "missing-parameter-set"],
    plan(choices) {
      const stream = streamOf(choices.pick(["p-cabac", "b-2", "b-pyramid", "p-short", "open-gop", "mbaff"]));
      return without(stream, [somePicture(choices, stream, startsDecoding)]);
    },
  },
  {
    name: "field-pair-lost",
    causes: gap,
    plan(choices) {
      const stream = streamOf("fields");
      return without(stream, [somePicture(choices, stream)], choices.pick(["tcp", "ws"]));
    },
  },
  {
    name: "field-lost",
    causes: [...gap, "damaged-picture"],
    plan(choices) {
      const stream = streamOf("fields");
      const picture = somePicture(choices, stream);
      const lost = choices.pick(picture.nalUnits.filter(isSlice));
      const plan = withoutNalUnits(stream, picture, (nal) => nal === lost, choices.pick(["tcp", "ws"]));
      plan.touched.damage(picture.position);
      return plan;
    },
  },
  {
    name: "gaps-allowed",
    causes: [],
    plan: (choices) =>
      withoutLayer(choices, "layers-gaps", (picture) => ({ ...picture, isReference: false })),
  },
  {
    name: "gaps-forbidden",
    causes: gap,
    plan: (choices) => withoutLayer(choices, "layers", (picture) => picture),
  },
  {
    // The flag allows leaving pictures out: nothing distinguishes those that were lost from those
    // left out.
    name: "gaps-allowed-loss",
    causes: gap,
    unnoticeable: true,
    plan(choices) {
      const stream = streamOf("layers-gaps");
      const lost = somePicture(choices, stream, (picture) => !isUpper(picture) && !picture.unit.picture.idr);
      return without(stream, [lost]);
    },
  },
  {
    // frame_num continues where the lost IDR picture would have restarted it. Nothing else reveals
    // the loss.
    name: "idr-lost-at-wrap",
    causes: gap,
    unnoticeable: true,
    plan(choices) {
      const stream = streamOf("p-17");
      return without(stream, [somePicture(choices, stream, startsDecoding)]);
    },
  },
  {
    name: "bare-intra-loss",
    causes: gap,
    plan(choices) {
      const stream = streamOf(choices.pick(["bare-intra", "all-intra-bare"]));
      return without(stream, [somePicture(choices, stream)]);
    },
  },
  {
    name: "units-lost-in-a-row",
    causes: gap,
    plan(choices) {
      const stream = streamOf(
        choices.pick(["p-cabac", "b-2", "b-pyramid", "mbaff", "open-gop-pyramid", "p-short"]),
      );
      const { position } = somePicture(choices, stream);
      return without(stream, stream.pictures.slice(position, position + choices.whole(2, 9)));
    },
  },
  {
    name: "slice-lost",
    causes: ["damaged-picture", "held-back"],
    plan(choices) {
      const stream = streamOf(
        choices.pick(["slices-4", "slices-4-cavlc", "mbaff-b", "mbaff-444", "mbaff-cavlc"]),
      );
      const picture = somePicture(choices, stream, ({ nalUnits }) => nalUnits.filter(isSlice).length > 1);
      const lost = choices.pick(picture.nalUnits.filter(isSlice));
      const plan = withoutNalUnits(stream, picture, (nal) => nal === lost);
      plan.touched.damage(picture.position);
      return plan;
    },
  },
  {
    name: "sps-or-pps-lost",
    causes: ["missing-parameter-set"],
    plan(choices) {
      const stream = streamOf(choices.pick(["p-cabac", "b-2", "mbaff"]));
      const lost = choices.pick([[7], [8], [7, 8]]);
      const [first, ...others] = stream.pictures;
      const next = others.find(startsDecoding);
      if (!first || !next) throw new Error(`${stream.name} has no second random access point`);
      const plan = withoutNalUnits(stream, first, (nal) => lost.includes(typeOf(nal)));
      for (let position = 0; position < next.position; position++) plan.touched.add(position);
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
    plan(choices) {
      const clips = choices.pick([
        ["frames", "other-size"],
        ["frames", "frames-cavlc"],
        ["frames-cavlc", "frames"],
        ["frames", "frames-mbaff"],
        ["small-size", "other-size"],
        ["frames", "frames-b"],
        ["frames-b", "frames"],
        ["frames", "high-422"],
      ]);
      return withoutChangedSets(streamOf(...clips), choices.pick([[7], [8], [7, 8]]));
    },
  },
  {
    // Slices of 8 and of 10 bits have the same syntax: only the lost SPS says which.
    name: "changed-depth-lost",
    causes: gap,
    unnoticeable: true,
    plan: () => withoutChangedSets(streamOf("frames", "high-10"), [7]),
  },
  {
    name: "sets-once",
    causes: gap,
    plan(choices) {
      const stream = streamOf(choices.pick(["p-cabac", "b-2", "mbaff", "slices-4"]));
      const plan = without(stream, [somePicture(choices, stream)]);
      for (const part of plan.parts) {
        const { position, nalUnits } = part.picture;
        if (position > 0) part.bytes = concat(nalUnits.filter((nal) => !isParameterSet(nal)));
      }
      return plan;
    },
  },
];

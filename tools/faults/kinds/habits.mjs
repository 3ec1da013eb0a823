// What some encoders do in every picture: it looks like a fault, and nothing is lost.
import { withAspectRatio, withNumbers } from "../clips/rewritten.mjs";
import { streamOf } from "../clips/stream.mjs";
import { concat, isParameterSet, isSlice, soundPlan, typeOf } from "../plan.mjs";

/**
 * @import { Choices } from "../choices.mjs"
 * @import { StreamPicture } from "../clips/stream.mjs"
 * @import { Kind } from "../plan.mjs"
 */

/** @param {StreamPicture} picture */
const setsOf = ({ nalUnits }) => nalUnits.filter(isParameterSet);

/** @param {Uint8Array} set */
const isSps = (set) => typeOf(set) === 7;

/**
 * A stream in which every picture is rewritten.
 *
 * @param {Choices} choices
 * @param {readonly string[]} clips
 * @param {(picture: StreamPicture) => Uint8Array} rewrite
 */
function rewritten(choices, clips, rewrite) {
  const stream = streamOf(choices.pick(clips));
  const plan = soundPlan(stream, choices.pick(["tcp", "ws"]));
  for (const part of plan.parts) part.bytes = rewrite(part.picture);
  return plan;
}

/**
 * A NAL unit with forbidden_zero_bit, or an SEI message that holds a start code.
 *
 * @param {Choices} choices
 */
function badNalUnit(choices) {
  const bytes = () => choices.bytes(choices.whole(4, 60)).map((byte) => byte | 2);
  if (choices.chance(0.5)) return Uint8Array.of(0, 0, 0, 1, choices.whole(0x80, 0xff), ...bytes());
  const payload = [...bytes(), 0, 0, 1, ...bytes()];
  return Uint8Array.of(0, 0, 0, 1, 6, 5, payload.length, ...payload, 0x80);
}

/** @type {Kind[]} */
export const habits = [
  {
    name: "sets-changed-between",
    causes: [],
    plan(choices) {
      // Another aspect ratio, which decoding does not need.
      const stream = streamOf(choices.pick(["p-cabac", "b-2", "b-pyramid", "slices-4", "mbaff", "open-gop"]));
      const plan = soundPlan(stream, choices.pick(["tcp", "ws", "udp"]));
      const [first] = stream.pictures;
      const sets = first ? setsOf(first) : [];
      for (const part of plan.parts.slice(1)) {
        if (!choices.chance(0.2)) continue;
        const ratio = choices.whole(1, 16);
        const changed = sets.map((set) => (isSps(set) ? withAspectRatio(set, ratio) : set));
        part.bytes = concat([...changed.filter((set) => isSps(set) || choices.chance(0.8)), part.bytes]);
      }
      return plan;
    },
  },
  {
    name: "size-changed-in-group",
    causes: ["changed-without-idr", "held-back"],
    plan(choices) {
      // The second clip begins in the middle of a group; frame_num may continue that of the first.
      const stream = streamOf(
        ...choices.pick([
          ["small-size", "other-size"],
          ["other-size", "small-size"],
        ]),
      );
      const plan = soundPlan(stream, choices.pick(["tcp", "ws", "udp"]));
      const [begin, at] = [40, choices.whole(41, 55)];
      const begun = stream.pictures[begin];
      plan.parts = plan.parts.filter(({ picture: { position } }) => position < begin || position >= at);
      for (let position = begin; position < 60; position++) plan.touched.add(position);
      const [part] = plan.parts.slice(begin);
      if (begun && part) part.bytes = concat([...setsOf(begun), part.bytes]);
      return plan;
    },
  },
  {
    name: "bad-nal-units",
    causes: [],
    plan: (choices) =>
      rewritten(choices, ["p-cabac", "p-cavlc", "b-2", "slices-4", "mbaff", "aud"], ({ nalUnits }) => {
        return concat(choices.chance(0.4) ? [badNalUnit(choices), ...nalUnits] : nalUnits);
      }),
  },
  {
    name: "frame-num-counts-all",
    causes: [],
    plan(choices) {
      let frameNum = 0;
      return rewritten(choices, ["b-2"], (picture) => {
        frameNum = picture.unit.picture.idr ? 0 : frameNum + 1;
        return concat(
          picture.nalUnits.map((nal) => (isSlice(nal) ? withNumbers(nal, picture, { frameNum }) : nal)),
        );
      });
    },
  },
  {
    name: "order-counts-equal",
    causes: [],
    plan: (choices) =>
      rewritten(choices, ["mbaff", "frames-mbaff"], (picture) =>
        concat(
          picture.nalUnits.map((nal) =>
            isSlice(nal) ? withNumbers(nal, picture, { picOrderCntLsb: 0 }) : nal,
          ),
        ),
      ),
  },
];

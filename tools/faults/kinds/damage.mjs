// Data arrives, but not as it was sent: cut short, with flipped bits, with garbage in between.
import { streamOf } from "../clips/stream.mjs";
import { concat, isSlice, partOf, somePicture, soundPlan } from "../plan.mjs";

/**
 * @import { IssueCode } from "../../../dist/core/issues.js"
 * @import { Choices } from "../choices.mjs"
 * @import { Stream } from "../clips/stream.mjs"
 * @import { Kind } from "../plan.mjs"
 *
 * @typedef {(nal: Uint8Array) => Uint8Array} Change of a NAL unit with its start code
 */

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
/** @type {IssueCode[]} */
const damage = ["damaged-picture", "decode-error", "frame-num-gap", "malformed-slice-header", "held-back"];

/**
 * The stream with one slice changed.
 *
 * @param {Choices} choices
 * @param {Stream} stream
 * @param {Change} change
 */
function withChangedSlice(choices, stream, change) {
  const picture = somePicture(choices, stream);
  // Longer pictures are looked at for missing bytes only where bytes go missing.
  const transport = picture.bytes.length > 4000 ? "udp" : "tcp";
  const plan = soundPlan(stream, transport, stream.name === "large" ? { fps: 40 } : {});
  const chosen = choices.pick(picture.nalUnits.filter(isSlice));
  partOf(plan, picture).bytes = concat(picture.nalUnits.map((nal) => (nal === chosen ? change(nal) : nal)));
  plan.touched.damage(picture.position);
  return plan;
}

/**
 * Bytes are missing anywhere from a slice's end back to its header.
 *
 * @param {Choices} choices
 * @returns {Change}
 */
const truncated = (choices) => (nal) => nal.subarray(0, choices.whole(6, nal.length - 1));

/**
 * The last bytes are missing.
 *
 * @param {Choices} choices
 * @returns {Change}
 */
const withoutTail = (choices) => (nal) => nal.subarray(0, nal.length - choices.whole(1, 24));

/**
 * Some bytes are missing in the middle.
 *
 * @param {Choices} choices
 * @returns {Change}
 */
const withHole = (choices) => (nal) => {
  const from = choices.whole(12, nal.length - 2);
  const to = choices.whole(from + 1, nal.length - 1);
  return concat([nal.subarray(0, from), nal.subarray(to)]);
};

/**
 * One bit is flipped, never in the start code.
 *
 * @param {Choices} choices
 * @param {number} from the first bit that may be, counted from the header byte
 * @param {number} to the last bit that may be
 * @returns {Change}
 */
const withFlippedBit = (choices, from, to) => (nal) => {
  const flipped = Uint8Array.from(nal);
  const bit = choices.whole(from, Math.min(to, (nal.length - 4) * 8 - 1));
  const at = 4 + (bit >> 3);
  flipped[at] = (flipped[at] ?? 0) ^ (0x80 >> (bit & 7));
  return flipped;
};

/**
 * A slice ends early, or lacks its last bytes, or some in the middle.
 *
 * @param {Choices} choices
 * @param {readonly string[]} names of clips
 */
function withLessOfSlice(choices, names) {
  const stream = streamOf(choices.pick(names));
  const lessOf = choices.pick([truncated, withoutTail, withHole]);
  return withChangedSlice(choices, stream, lessOf(choices));
}

/**
 * What a decoder has to ignore: NAL units of unspecified and reserved types, filler data, zero
 * bytes.
 *
 * @param {Choices} choices
 */
function garbage(choices) {
  const type = choices.pick([12, 24, 29, 31]);
  const body = choices.bytes(choices.whole(1, 60)).map((byte) => byte | 1);
  return choices.chance(0.2)
    ? new Uint8Array(choices.whole(1, 20))
    : concat([Uint8Array.of(0, 0, 0, 1, type), body]);
}

/** @type {Kind[]} */
export const damages = [
  {
    name: "truncated",
    causes: damage,
    plan: (choices) => withChangedSlice(choices, streamOf(choices.pick(clips)), truncated(choices)),
  },
  {
    name: "truncated-tail",
    causes: damage,
    plan: (choices) => withChangedSlice(choices, streamOf(choices.pick(clips)), withoutTail(choices)),
  },
  {
    name: "hole-in-slice",
    causes: damage,
    plan: (choices) => withChangedSlice(choices, streamOf(choices.pick(clips)), withHole(choices)),
  },
  {
    name: "mbaff-damaged",
    causes: damage,
    plan: (choices) => withLessOfSlice(choices, ["mbaff", "mbaff-b", "mbaff-refs"]),
  },
  {
    name: "444-damaged",
    causes: damage,
    plan: (choices) => withLessOfSlice(choices, ["high-444", "grain-444", "mbaff-444"]),
  },
  {
    name: "bit-flip-header",
    causes: damage,
    unnoticeable: true,
    plan: (choices) =>
      withChangedSlice(choices, streamOf(choices.pick(clips)), withFlippedBit(choices, 0, 40)),
  },
  {
    name: "bit-flip-data",
    causes: damage,
    unnoticeable: true,
    plan: (choices) =>
      withChangedSlice(choices, streamOf(choices.pick(clips)), withFlippedBit(choices, 64, 1e9)),
  },
  {
    name: "garbage-between",
    causes: [],
    plan(choices) {
      const stream = streamOf(choices.pick(["p-cabac", "p-cavlc", "b-2", "slices-4", "mbaff", "aud"]));
      const plan = soundPlan(stream, "tcp");
      for (const part of plan.parts) {
        if (!choices.chance(0.3)) continue;
        const { nalUnits } = part.picture;
        part.bytes = concat(
          nalUnits.flatMap((nal) => (choices.chance(0.5) ? [garbage(choices), nal] : [nal])),
        );
      }
      return plan;
    },
  },
];

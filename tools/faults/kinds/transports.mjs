// What networks do: connections end inside a picture, senders stall, datagrams are lost, swapped or
// doubled.
import { streamOf } from "../clips/stream.mjs";
import { partOf, somePicture, soundPlan } from "../plan.mjs";

/**
 * @import { IssueCode } from "../../../dist/core/issues.js"
 * @import { Choices } from "../choices.mjs"
 * @import { Datagram, Kind } from "../plan.mjs"
 *
 * @typedef {(datagrams: Datagram[]) => Datagram[]} Network
 */

const clips = ["p-cabac", "p-cavlc", "p-grain", "slices-4", "b-2", "b-pyramid", "mbaff", "fields"];
const udpClips = [
  "p-cabac",
  "p-cavlc",
  "p-grain",
  "slices-4",
  "b-2",
  "b-pyramid",
  "p-grain-cavlc",
  "b-pyramid-cavlc",
  "large",
  "open-gop",
  "p-short",
  "fields",
];
const mbaffClips = ["mbaff", "mbaff-b", "mbaff-refs"];
const clips444 = ["high-444", "grain-444", "mbaff-444"];
/** @type {IssueCode[]} */
const damage = [
  "damaged-picture",
  "decode-error",
  "frame-num-gap",
  "malformed-slice-header",
  "missing-parameter-set",
  "held-back",
  "before-random-access-point",
  "malformed-nal-unit",
];

/** A loss as long as a group of pictures cannot be noticed: docs/faults.md. */
const mostLostPictures = 12;

/**
 * @param {Choices} choices
 * @param {Network} [network]
 * @param {readonly string[]} [clips]
 */
function overUdp(choices, network, clips = udpClips) {
  const stream = streamOf(choices.pick(clips));
  return soundPlan(stream, "udp", {
    datagramBytes: choices.pick([90, 200, 508, 1400]),
    acrossPictures: choices.chance(0.3),
    ...(network && { onTheWay: network }),
    ...(stream.name === "large" && { fps: 40 }),
  });
}

/**
 * One to three times, one or several datagrams in a row never arrive.
 *
 * @param {Choices} choices
 * @returns {Network}
 */
function losing(choices) {
  return (datagrams) => {
    const first = Math.floor(datagrams.length * 0.1);
    const count = choices.whole(1, 3);
    const lost = new Set();
    for (let n = 0; n < count; n++) {
      const at = choices.whole(first, Math.floor(datagrams.length * 0.75));
      const length = choices.chance(0.3) ? choices.whole(2, 6) : 1;
      for (const datagram of datagrams.slice(at, at + length)) {
        for (const position of datagram.positions) lost.add(position);
        if (lost.size <= mostLostPictures) datagram.isLost = true;
      }
    }
    return datagrams;
  };
}

/**
 * One datagram arrives up to three places late.
 *
 * @param {Choices} choices
 * @returns {Network}
 */
function reordering(choices) {
  return (datagrams) => {
    const at = somewhere(choices, datagrams);
    const by = choices.whole(1, 3);
    const late = datagrams.splice(at, 1);
    for (const datagram of [...late, ...datagrams.slice(at, at + by)]) datagram.isMoved = true;
    datagrams.splice(at + by, 0, ...late);
    return datagrams;
  };
}

/**
 * One datagram arrives twice.
 *
 * @param {Choices} choices
 * @returns {Network}
 */
function duplicating(choices) {
  return (datagrams) => {
    const at = somewhere(choices, datagrams);
    const by = choices.whole(0, 3);
    const doubled = datagrams.slice(at, at + 1).map((datagram) => ({ ...datagram }));
    datagrams.splice(at + 1 + by, 0, ...doubled);
    for (const datagram of datagrams.slice(at, at + by + 2)) datagram.isMoved = true;
    return datagrams;
  };
}

/**
 * A place in the middle of the stream.
 *
 * @param {Choices} choices
 * @param {readonly Datagram[]} datagrams
 */
const somewhere = (choices, { length }) => choices.whole(Math.floor(length * 0.1), Math.floor(length * 0.7));

/** @type {Kind[]} */
export const transports = [
  {
    name: "cut-in-picture",
    causes: ["before-random-access-point", "damaged-picture", "held-back"],
    plan(choices) {
      const stream = streamOf(choices.pick(clips));
      const plan = soundPlan(stream, choices.pick(["tcp", "ws"]));
      const picture = somePicture(choices, stream);
      const part = partOf(plan, picture);
      const isNearTheEnd = choices.chance(0.4);
      const kept = isNearTheEnd
        ? Math.max(1, part.bytes.length - choices.whole(1, 24))
        : choices.whole(1, part.bytes.length - 1);
      part.bytes = part.bytes.subarray(0, kept);
      part.cut = choices.pick(["reset", "end"]);
      // The next connection begins after it: another session's picture order, no random access
      // point yet.
      plan.touched.damage(picture.position);
      return plan;
    },
  },
  {
    name: "stall-in-picture",
    causes: [],
    plan(choices) {
      const stream = streamOf(choices.pick([...clips, "large"]));
      const plan = soundPlan(stream, "tcp");
      for (const part of plan.parts) {
        if (!choices.chance(0.12)) continue;
        const isNearTheEnd = choices.chance(0.4);
        const { length } = part.bytes;
        const at = isNearTheEnd ? Math.max(1, length - choices.whole(1, 24)) : choices.whole(1, length - 1);
        part.stall = { at, ms: choices.pick([2, 5, 8, 12, 20, 130]) };
      }
      return plan;
    },
  },
  {
    name: "udp-sound",
    causes: [],
    plan: (choices) => overUdp(choices),
  },
  {
    name: "udp-loss",
    causes: damage,
    plan: (choices) => overUdp(choices, losing(choices)),
  },
  {
    name: "mbaff-udp-loss",
    causes: damage,
    plan: (choices) => overUdp(choices, losing(choices), mbaffClips),
  },
  {
    name: "444-udp-loss",
    causes: damage,
    plan: (choices) => overUdp(choices, losing(choices), clips444),
  },
  {
    name: "udp-reordered",
    causes: damage,
    plan: (choices) => overUdp(choices, reordering(choices)),
  },
  {
    name: "udp-duplicated",
    causes: damage,
    plan: (choices) => overUdp(choices, duplicating(choices)),
  },
];

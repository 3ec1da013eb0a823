// What networks do: connections end in mid-picture, senders stall, datagrams are lost, swapped and doubled.

import { streamOf } from "../clips/stream.mjs";
import { somewhere, soundPlan } from "../parts.mjs";

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

const mostLostPictures = 12;

function overUdp(random, onTheWay, clips = udpClips) {
  const stream = streamOf(random.pick(clips));
  return soundPlan(stream, "udp", {
    datagramBytes: random.pick([90, 200, 508, 1400]),
    acrossPictures: random.chance(0.3),
    onTheWay,
    ...(stream.name === "large" && { fps: 40 }),
  });
}

/** One to three times, a datagram or some in a row never come. */
function loseSome(random) {
  return (datagrams) => {
    const first = Math.floor(datagrams.length * 0.1);
    const count = random.whole(1, 3);
    const lost = new Set();
    for (let n = 0; n < count; n++) {
      const at = random.whole(first, Math.floor(datagrams.length * 0.75));
      const length = random.chance(0.3) ? random.whole(2, 6) : 1;
      for (const datagram of datagrams.slice(at, at + length)) {
        // A loss as long as a group of pictures cannot be noticed: docs/faults.md.
        for (const position of datagram.positions) lost.add(position);
        if (lost.size <= mostLostPictures) datagram.isLost = true;
      }
    }
    return datagrams;
  };
}

export const transports = [
  {
    name: "cut-in-picture",
    causes: ["before-random-access-point", "damaged-picture", "held-back"],
    plan(random) {
      const stream = streamOf(random.pick(clips));
      const plan = soundPlan(stream, random.pick(["tcp", "ws"]));
      const position = somewhere(random, stream);
      const part = plan.parts[position];
      const isNearTheEnd = random.chance(0.4);
      const kept = isNearTheEnd
        ? Math.max(1, part.bytes.length - random.whole(1, 24))
        : random.whole(1, part.bytes.length - 1);
      part.bytes = part.bytes.subarray(0, kept);
      part.cut = random.pick(["reset", "end"]);
      plan.touched.damage(position);
      // The next connection begins after it: the picture order of another session, and no random access point at once.
      return plan;
    },
  },
  {
    name: "stall-in-picture",
    causes: [],
    plan(random) {
      const stream = streamOf(random.pick([...clips, "large"]));
      const plan = soundPlan(stream, "tcp");
      for (const part of plan.parts) {
        if (!random.chance(0.12)) continue;
        const isNearTheEnd = random.chance(0.4);
        const { length } = part.bytes;
        const at = isNearTheEnd ? Math.max(1, length - random.whole(1, 24)) : random.whole(1, length - 1);
        part.stall = { at, ms: random.pick([2, 5, 8, 12, 20, 130]) };
      }
      return plan;
    },
  },
  {
    name: "udp-sound",
    causes: [],
    plan: (random) => overUdp(random, undefined),
  },
  {
    name: "udp-loss",
    causes: damage,
    plan: (random) => overUdp(random, loseSome(random)),
  },
  {
    name: "mbaff-udp-loss",
    causes: damage,
    plan: (random) => overUdp(random, loseSome(random), mbaffClips),
  },
  {
    name: "444-udp-loss",
    causes: damage,
    plan: (random) => overUdp(random, loseSome(random), clips444),
  },
  {
    name: "udp-reordered",
    causes: damage,
    plan: (random) =>
      overUdp(random, (datagrams) => {
        const at = random.whole(Math.floor(datagrams.length * 0.1), Math.floor(datagrams.length * 0.7));
        const by = random.whole(1, 3);
        const [late] = datagrams.splice(at, 1);
        for (const datagram of [late, ...datagrams.slice(at, at + by)]) datagram.isMoved = true;
        datagrams.splice(at + by, 0, late);
        return datagrams;
      }),
  },
  {
    name: "udp-duplicated",
    causes: damage,
    plan: (random) =>
      overUdp(random, (datagrams) => {
        const at = random.whole(Math.floor(datagrams.length * 0.1), Math.floor(datagrams.length * 0.7));
        const by = random.whole(0, 3);
        datagrams[at].isMoved = true;
        datagrams.splice(at + 1 + by, 0, { ...datagrams[at] });
        for (const datagram of datagrams.slice(at, at + by + 2)) datagram.isMoved = true;
        return datagrams;
      }),
  },
];

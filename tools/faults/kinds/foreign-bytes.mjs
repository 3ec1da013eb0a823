// Senders put bytes that are no H.264 before or after their pictures: every picture is shown.
import { streamOf } from "../clips/stream.mjs";
import { concat, soundPlan } from "../plan.mjs";

/**
 * @import { Choices } from "../choices.mjs"
 * @import { Kind } from "../plan.mjs"
 *
 * @typedef {{ before: Uint8Array, after: Uint8Array }} Foreign
 */

const clips = [
  "p-cabac",
  "p-cavlc",
  "p-grain",
  "slices-4",
  "slices-4-cavlc",
  "b-2",
  "b-pyramid-cavlc",
  "mbaff",
  "fields",
];
const none = new Uint8Array(0);

/**
 * What a sender puts around a picture of `length` bytes, by its position.
 *
 * @type {Record<string, (length: number, position: number) => Foreign>}
 */
const forms = {
  // scrcpy: a time in µs, and the length.
  timeAndLength(length, position) {
    const before = Buffer.alloc(12);
    before.writeBigUInt64BE(BigInt(position) * 33_333n);
    before.writeUInt32BE(length, 8);
    return { before, after: none };
  },
  // AR.Drone: numbers in it look like start codes.
  pave(length, position) {
    const before = Buffer.alloc(68);
    before.write("PaVE");
    before.writeUInt32LE(length, 8);
    before.writeUInt32LE(position, 20);
    before.set([0, 0, 1, 0, 1], 28);
    return { before, after: none };
  },
  length(length) {
    const before = Buffer.alloc(4);
    before.writeUInt32BE(length);
    return { before, after: none };
  },
  multipart(length) {
    return { before: Buffer.from(`\r\n--picture\r\nContent-Length: ${length}\r\n\r\n`), after: none };
  },
  // No length: only reading the slices shows where they end.
  boundary: () => ({ before: Buffer.from("\r\n--picture\r\n\r\n"), after: none }),
  trailer: (_, position) => ({ before: none, after: Buffer.from(`end of picture ${position}`) }),
};

/** @type {Kind[]} */
export const foreignBytes = [
  {
    name: "foreign-bytes",
    causes: [],
    /** @param {Choices} choices */
    plan(choices) {
      const plan = soundPlan(streamOf(choices.pick(clips)), "tcp");
      const form = choices.pick(Object.values(forms));
      const comesApart = choices.chance(0.3);
      for (const part of plan.parts) {
        const { before, after } = form(part.bytes.length, part.picture.position);
        part.bytes = concat([before, part.bytes, after]);
        if (comesApart && before.length > 0) part.stall = { at: before.length, ms: 2 };
      }
      return plan;
    },
  },
];

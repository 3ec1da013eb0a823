// The receiver joins in the middle of the stream, or the stream has no place to begin.
import { streamOf } from "../clips/stream.mjs";
import { somePicture, soundPlan } from "../plan.mjs";
import { without } from "./without.mjs";

/**
 * @import { IssueCode } from "../../../dist/core/issues.js"
 * @import { Stream, StreamPicture } from "../clips/stream.mjs"
 * @import { Kind, Transport } from "../plan.mjs"
 */

/** @type {IssueCode[]} */
const waiting = ["before-random-access-point", "missing-parameter-set", "held-back", "leading-picture"];

/**
 * Sends the stream from a picture on, without what came before.
 *
 * @param {Stream} stream
 * @param {StreamPicture} picture
 * @param {Transport} transport
 */
function joinedAt(stream, { position }, transport) {
  const plan = soundPlan(stream, transport, { first: position });
  plan.parts = plan.parts.slice(position);
  return plan;
}

/** @type {Kind[]} */
export const joins = [
  {
    name: "join-in-gop",
    causes: waiting,
    plan(choices) {
      const stream = streamOf(
        choices.pick(["p-cabac", "p-cavlc", "b-2", "b-pyramid", "mbaff", "p-short", "slices-4", "fields"]),
      );
      return joinedAt(stream, somePicture(choices, stream), choices.pick(["tcp", "ws", "udp"]));
    },
  },
  {
    name: "join-open-gop",
    causes: waiting,
    plan(choices) {
      const stream = streamOf(choices.pick(["open-gop", "open-gop-pyramid"]));
      /** @param {StreamPicture} picture */
      const isStart = ({ startsDecoding }) => startsDecoding;
      return joinedAt(stream, somePicture(choices, stream, choices.chance(0.7) ? isStart : undefined), "tcp");
    },
  },
  {
    name: "join-refresh",
    causes: waiting,
    plan(choices) {
      const stream = streamOf("refresh");
      /** @param {StreamPicture} picture */
      const isPoint = ({ unit }) => unit.recoveryFrameCount > 0;
      return joinedAt(stream, somePicture(choices, stream, choices.chance(0.5) ? isPoint : undefined), "tcp");
    },
  },
  {
    name: "refresh-loss",
    causes: ["frame-num-gap", "held-back"],
    plan(choices) {
      const stream = streamOf("refresh");
      return without(stream, [somePicture(choices, stream)]);
    },
  },
  {
    name: "long-gop",
    causes: [],
    plan: (choices) =>
      soundPlan(streamOf(choices.pick(["long", "long-b"])), choices.pick(["tcp", "ws"]), { fps: 400 }),
  },
  {
    name: "long-gop-loss",
    causes: ["frame-num-gap", "held-back"],
    plan(choices) {
      const stream = streamOf(choices.pick(["long", "long-b"]));
      /** @param {StreamPicture} picture */
      const isReference = (picture) => picture.isReference;
      return { ...without(stream, [somePicture(choices, stream, isReference)]), fps: 400 };
    },
  },
];

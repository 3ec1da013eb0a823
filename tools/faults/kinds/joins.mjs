// The receiver comes in the middle of the stream, or the stream gives no place to begin.

import { streamOf } from "../clips/stream.mjs";
import { somewhere, soundPlan } from "../parts.mjs";
import { without } from "./losses.mjs";

const waiting = ["before-random-access-point", "missing-parameter-set", "held-back", "leading-picture"];

/** Sends the stream from `first` on, with the parameter sets of its start before it if the sender repeats them. */
function joined(stream, first, transport) {
  const plan = soundPlan(stream, transport, { first });
  plan.parts = plan.parts.slice(first);
  return plan;
}

export const joins = [
  {
    name: "join-in-gop",
    causes: waiting,
    plan(random) {
      const stream = streamOf(
        random.pick(["p-cabac", "p-cavlc", "b-2", "b-pyramid", "mbaff", "p-short", "slices-4", "fields"]),
      );
      return joined(stream, somewhere(random, stream), random.pick(["tcp", "ws", "udp"]));
    },
  },
  {
    name: "join-open-gop",
    causes: waiting,
    plan(random) {
      const stream = streamOf(random.pick(["open-gop", "open-gop-pyramid"]));
      const isStart = ({ startsDecoding }) => startsDecoding;
      return joined(stream, somewhere(random, stream, random.chance(0.7) ? isStart : undefined), "tcp");
    },
  },
  {
    name: "join-refresh",
    causes: waiting,
    plan(random) {
      const stream = streamOf("refresh");
      const isPoint = ({ unit }) => unit.recoveryFrameCount > 0;
      return joined(stream, somewhere(random, stream, random.chance(0.5) ? isPoint : undefined), "tcp");
    },
  },
  {
    name: "refresh-loss",
    causes: ["frame-num-gap", "held-back"],
    plan(random) {
      const stream = streamOf("refresh");
      return without(stream, [somewhere(random, stream)]);
    },
  },
  {
    name: "long-gop",
    causes: [],
    plan: (random) =>
      soundPlan(streamOf(random.pick(["long", "long-b"])), random.pick(["tcp", "ws"]), { fps: 400 }),
  },
  {
    name: "long-gop-loss",
    causes: ["frame-num-gap", "held-back"],
    plan(random) {
      const stream = streamOf(random.pick(["long", "long-b"]));
      const isReference = (picture) => picture.isReference;
      return { ...without(stream, [somewhere(random, stream, isReference)]), fps: 400 };
    },
  },
];

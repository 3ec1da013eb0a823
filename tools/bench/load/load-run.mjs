import { once } from "node:events";
import { createServer } from "node:net";
import { IssueCounter } from "../../../dist/core/issues.js";
import { DecodeQueue } from "../../../dist/live/decoding/decode-queue.js";
import { systemClock } from "../../../dist/node/clock.js";
import { PixelConverter } from "../../../dist/node/decode/pixels/pixel-converter.js";
import { portOf } from "../../shared/ports.mjs";
import { receiveAccessUnits } from "../clips/h264.mjs";
import { readNumber } from "../clips/picture-number.mjs";
import { digestOf } from "../clips/reference.mjs";
import { delaySummary } from "../figures/statistics.mjs";
import { unitsByNumber } from "../runs/judge.mjs";
import { monotonicMs, sendPaced } from "../runs/paced-sender.mjs";
import { PlainQueue } from "./plain-queue.mjs";
import { SlowDecoder } from "./slow-decoder.mjs";

/**
 * @typedef {object} Rule what is left out under load
 * @property {string} name
 * @property {number} [maxLagMs] nalive's load ladder
 * @property {number} [limit] the plain rule: with more waiting than that, wait for a key frame
 */

/**
 * Receives a clip over TCP with nalive's stages and a decoder that is too slow.
 *
 * @param {object} given
 * @param {import("../clips/clips.mjs").Clip} given.clip
 * @param {import("./slow-decoder.mjs").Costs} given.costs
 * @param {Rule} given.rule
 * @param {{ whole: string[], unfiltered: string[] }} given.reference digests by picture number
 * @param {() => number} [given.hiccup]
 */
export async function runLoad({ clip, costs, rule, reference, hiccup }) {
  const shown = [];
  const converter = new PixelConverter("yuv420p");
  const decoder = new SlowDecoder(
    costs,
    (picture) => look(converter, picture, clip),
    (seen, at) => shown.push({ ...seen, at }),
    hiccup,
  );
  const issues = new IssueCounter();
  const onBusy = (from, to) => input.noteBusy(from, to);
  const later = (run) => void setImmediate(run);
  const queue =
    rule.limit === undefined
      ? new DecodeQueue(decoder, systemClock, issues, {
          maxLagMs: rule.maxLagMs,
          later,
          onBusy,
          mayDecode: () => true,
        })
      : new PlainQueue(decoder, rule.limit, later, onBusy);
  // Once the sender has gone nothing more counts, nor may it take time of the next run.
  let over = false;
  const untilOver = { push: (unit) => void (over || queue.push(unit)), close() {} };
  const { input } = receiveAccessUnits(untilOver, systemClock, issues, { isLive: true });
  const server = createServer((socket) =>
    socket
      .on("error", () => {})
      .on("data", (data) => input.push({ data, receivedAt: systemClock.now(), framing: "none" })),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sentAt = await sendPaced(portOf(server), clip.accessUnits, 1000 / clip.spec.fps);
  const endedAt = monotonicMs();
  over = true;
  const wrongEnds = input.statistics.wrong;
  queue.abandon();
  queue.close();
  server.close();
  await decoder.closed;
  converter.close();
  return {
    ...judgeLoad(clip, shown, sentAt, endedAt, reference),
    leftOut: queue.leftOut,
    dropped: queue.dropped,
    wrongEnds,
  };
}

function look(converter, { frame, unit }, { spec }) {
  const bytes = Buffer.alloc(converter.layoutOf(frame).size);
  converter.convert(frame, bytes);
  return {
    number: readNumber(bytes, spec.width, 1),
    digest: digestOf(bytes),
    unfiltered: unit.leaveOut === "loop-filter",
  };
}

/** Ages are from when the sender sent a picture. `inView`: of the picture in view, each millisecond. `whenShown`: once each. */
function judgeLoad(clip, shown, sentAt, endedAt, reference) {
  const units = unitsByNumber(clip);
  const torn = shown.filter(
    ({ number, digest, unfiltered }) =>
      digest !== (unfiltered ? reference.unfiltered : reference.whole)[number],
  ).length;
  const inTime = shown.filter(({ number, at }) => number !== undefined && at <= endedAt);
  const ages = [];
  inTime.forEach(({ number, at }, index) => {
    const until = inTime[index + 1]?.at ?? endedAt;
    for (let now = at; now < until; now++) ages.push(now - sentAt[units[number]]);
  });
  return {
    shown: inTime.length,
    unfiltered: inTime.filter(({ unfiltered }) => unfiltered).length,
    torn,
    inView: delaySummary(ages),
    whenShown: delaySummary(inTime.map(({ number, at }) => at - sentAt[units[number]])),
  };
}

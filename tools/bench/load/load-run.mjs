import { once } from "node:events";
import { createServer } from "node:net";
import { IssueCounter } from "../../../dist/core/issues.js";
import { receiveAccessUnits } from "../../../dist/h264/access-units/receive-access-units.js";
import { DecodeQueue } from "../../../dist/live/decoding/decode-queue.js";
import { systemClock } from "../../../dist/node/clock.js";
import { PixelConverter } from "../../../dist/node/decode/pixels/pixel-converter.js";
import { itemAt } from "../../shared/item-at.mjs";
import { portOf } from "../../shared/ports.mjs";
import { readNumber } from "../clips/picture-number.mjs";
import { digestOf } from "../clips/reference.mjs";
import { delaySummary } from "../figures/statistics.mjs";
import { monotonicMs, sendPaced } from "../runs/paced-sender.mjs";
import { PlainQueue } from "./plain-queue.mjs";
import { SlowDecoder } from "./slow-decoder.mjs";

/**
 * @import { Microseconds } from "../../../dist/core/time.js"
 * @import { AccessUnit } from "../../../dist/h264/access-unit.js"
 * @import { FfmpegPicture } from "../../../dist/node/decode/ffmpeg/ffmpeg-decoder.js"
 * @import { Clip } from "../clips/clips.mjs"
 * @import { DelaySummary } from "../figures/statistics.mjs"
 * @import { Costs, DecodedNumber } from "./slow-decoder.mjs"
 *
 * @typedef {{ name: string } & ({ type: "ladder", maxLagMs: number } | { type: "plain", limit:
 *   number })} Rule what is left out under load: by nalive's load ladder, or by the plain rule,
 *   which waits for a key frame when more than `limit` wait
 *
 * @typedef {object} Reference digests by picture number
 * @property {readonly string[]} whole
 * @property {readonly string[]} unfiltered without the loop filter, where no other picture refers
 *   to it
 *
 * @typedef {object} LoadVerdict ages are from when the sender sent a picture, ms
 * @property {number} shown
 * @property {number} unfiltered
 * @property {number} torn
 * @property {DelaySummary} inView age of the picture in view, every millisecond
 * @property {DelaySummary} whenShown age of each picture when it was shown
 * @property {number} dropped access units
 * @property {number} wrongEnds of pictures, guessed
 */

/**
 * Receives a clip over TCP with nalive's stages and a decoder that is too slow.
 *
 * @param {object} given
 * @param {Clip} given.clip
 * @param {Costs} given.costs
 * @param {Rule} given.rule
 * @param {Reference} given.reference
 * @param {() => number} [given.hiccup] see `SlowDecoder`
 * @returns {Promise<LoadVerdict>}
 */
export async function runLoad({ clip, costs, rule, reference, hiccup }) {
  /** @type {(DecodedNumber & { at: number })[]} */
  const shown = [];
  const converter = new PixelConverter("yuv420p");
  const decoder = new SlowDecoder(
    costs,
    (picture) => look(converter, picture, clip),
    (seen, at) => void shown.push({ ...seen, at }),
    hiccup,
  );
  const issues = new IssueCounter();
  /**
   * @param {Microseconds} from
   * @param {Microseconds} to
   */
  const onBusy = (from, to) => input.noteBusy(from, to);
  /** @param {() => void} run */
  const later = (run) => void setImmediate(run);
  const queue =
    rule.type === "ladder"
      ? new DecodeQueue(decoder, systemClock, issues, {
          maxLagMs: rule.maxLagMs,
          later,
          onBusy,
          mayDecode: () => true,
        })
      : new PlainQueue(decoder, rule.limit, later, onBusy);
  // Once the sender has gone, nothing more counts or may take the next run's time.
  let isOver = false;
  const untilOver = {
    push: (/** @type {AccessUnit} */ unit) => void (isOver || queue.push(unit)),
    close() {},
  };
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
  isOver = true;
  const wrongEnds = input.statistics.wrong;
  queue.abandon();
  queue.close();
  server.close();
  await decoder.closed;
  converter.close();
  return {
    ...judgeLoad(clip, shown, sentAt, endedAt, reference),
    dropped: queue.dropped,
    wrongEnds,
  };
}

/**
 * @param {PixelConverter} converter
 * @param {FfmpegPicture} picture
 * @param {Clip} clip
 * @returns {DecodedNumber}
 */
function look(converter, { frame, unit }, { spec }) {
  const bytes = Buffer.alloc(converter.layoutOf(frame).size);
  converter.convert(frame, bytes);
  return {
    number: readNumber(bytes, spec.width, 1),
    digest: digestOf(bytes),
    unfiltered: unit.leaveOut === "loop-filter",
  };
}

/**
 * @param {Clip} clip
 * @param {readonly (DecodedNumber & { at: number })[]} shown
 * @param {readonly number[]} sentAt
 * @param {number} endedAt
 * @param {Reference} reference
 */
function judgeLoad({ unitOf }, shown, sentAt, endedAt, reference) {
  const torn = shown.filter(({ number, digest, unfiltered }) => {
    const digests = unfiltered ? reference.unfiltered : reference.whole;
    return number === undefined || digest !== digests[number];
  }).length;
  const inTime = shown.flatMap(({ number, at, unfiltered }) => {
    const unit = number === undefined ? undefined : unitOf[number];
    return unit === undefined || at > endedAt ? [] : [{ at, unfiltered, sent: itemAt(sentAt, unit) }];
  });
  /** @type {number[]} */
  const ages = [];
  inTime.forEach(({ at, sent }, index) => {
    const until = inTime[index + 1]?.at ?? endedAt;
    for (let now = at; now < until; now++) ages.push(now - sent);
  });
  return {
    shown: inTime.length,
    unfiltered: inTime.filter(({ unfiltered }) => unfiltered).length,
    torn,
    inView: delaySummary(ages),
    whenShown: delaySummary(inTime.map(({ at, sent }) => at - sent)),
  };
}

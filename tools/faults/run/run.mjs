// One run against the built package: a real sender sends a plan, and the pictures shown are judged.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { open } from "../../../dist/node/index.js";
import { seededChoices } from "../choices.mjs";
import { judge } from "./judge.mjs";
import { LatenessWatch } from "./lateness-watch.mjs";
import { send } from "./sender.mjs";
import { StarvationWatch } from "./starvation.mjs";
import { verdictInTime } from "./verdict-in-time.mjs";

/**
 * @import { VideoStream } from "../../../dist/node/index.js"
 * @import { Kind, Plan, Transport } from "../plan.mjs"
 * @import { ShownPicture, Verdict } from "./judge.mjs"
 */

/** @type {Record<Transport, string>} */
const addresses = {
  tcp: "tcp://127.0.0.1:0?listen",
  ws: "ws://127.0.0.1:0/?listen",
  udp: "udp://127.0.0.1:0?rcvbuf=4M",
};
/** When nothing new has happened for this long after the sender has ended, nothing more will. */
const quietMs = 250;

/**
 * The plan of a seed. Makes the clips that it needs, which takes long.
 *
 * @param {Kind} kind
 * @param {number} seed
 */
export function planOf(kind, seed) {
  const ofName = [...kind.name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
  return kind.plan(seededChoices(seed * 7919 + ofName));
}

/**
 * @param {Kind} kind
 * @param {Plan} plan
 * @returns {Promise<Verdict>}
 */
export async function runOnce(kind, plan) {
  const lateness = new LatenessWatch();
  const starvation = new StarvationWatch();
  const receiver = new FrameReceiver(plan.transport);
  try {
    return await verdictInTime(plan, async () => {
      const sent = await send(plan, await receiver.port, () => receiver.senderGone());
      const { issues, receivedBytes } = await receiver.quiet();
      return judge(kind, plan, sent, {
        shown: receiver.shown,
        issues,
        receivedBytes,
        processLateMs: lateness.largestMs,
        starvedBetween: (from, to) => starvation.between(from, to),
      });
    });
  } finally {
    lateness.end();
    starvation.end();
    await receiver.close();
  }
}

/** The package's stream of frames. Keeps digest and time of each. */
class FrameReceiver {
  /** @type {ShownPicture[]} */
  shown = [];
  /** @type {Promise<number>} */
  port;
  /** @type {VideoStream} */
  #stream;
  #reading;
  #gone = 0;
  #onGone = () => {};

  /** @param {Transport} transport */
  constructor(transport) {
    /** @type {(port: number) => void} */
    let tellPort;
    this.port = new Promise((resolve) => {
      tellPort = resolve;
    });
    this.#stream = open(addresses[transport], {
      format: "native",
      delivery: "every",
      onState: (state) => {
        if (state.type === "listening" && state.port !== undefined) tellPort(state.port);
        if (state.type === "ended") {
          this.#gone++;
          this.#onGone();
        }
      },
    });
    this.#reading = this.#read();
  }

  /** Resolves when the stream has noticed the end of the sender's connection, once for each. */
  async senderGone() {
    while (this.#gone === 0) {
      await new Promise((resolve) => {
        this.#onGone = () => resolve(undefined);
      });
    }
    this.#gone--;
  }

  /**
   * Resolves with the statistics when for a while no byte has come in and no picture has come out.
   */
  async quiet() {
    let last = "";
    let statistics = await this.#statistics();
    for (let since = performance.now(); performance.now() - since < quietMs; ) {
      await sleep(50);
      statistics = await this.#statistics();
      const { receivedBytes, accessUnits, waiting } = statistics;
      const progress = `${receivedBytes} ${accessUnits} ${waiting} ${this.shown.length}`;
      if (progress !== last) since = performance.now();
      last = progress;
    }
    return statistics;
  }

  async #statistics() {
    const statistics = await this.#stream.statistics();
    if (!statistics) throw new Error("The stream ended by itself");
    return statistics;
  }

  async close() {
    await this.#stream.close();
    await this.#reading;
  }

  async #read() {
    for await (const frame of this.#stream) {
      const at = performance.now();
      this.shown.push({ at, digest: createHash("md5").update(frame.data).digest("hex") });
    }
  }
}

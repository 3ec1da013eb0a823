// One run: a plan sent by a real sender to the built package, and what was shown of it.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { open } from "../../../dist/node/index.js";
import { seededRandom } from "../random.mjs";
import { judge } from "./judge.mjs";
import { LatenessWatch } from "./lateness-watch.mjs";
import { send } from "./sender.mjs";
import { StarvationWatch } from "./starvation.mjs";

const addresses = {
  tcp: "tcp://127.0.0.1:0?listen",
  ws: "ws://127.0.0.1:0/?listen",
  udp: "udp://127.0.0.1:0?rcvbuf=4M",
};
/** Nothing new for so long, after the sender has ended: nothing more will come. */
const settledMs = 250;
const timeoutMs = 60_000;

/** What a seed stands for; clips that it needs are made here, which takes long. */
export function planOf(kind, seed) {
  const ofName = [...kind.name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
  return kind.plan(seededRandom(seed * 7919 + ofName));
}

/** @returns what `judge` says, with the plan's names */
export async function runOnce(kind, plan) {
  const watch = new LatenessWatch();
  const starvation = new StarvationWatch();
  const receiver = new Receiver(plan.transport);
  try {
    const run = async () => {
      const turns = await send(plan, await receiver.port, () => receiver.senderGone());
      await receiver.settled();
      return judge(kind, plan, {
        turns,
        shown: receiver.shown,
        issues: receiver.statistics.issues,
        receivedBytes: receiver.statistics.receivedBytes,
        sawDelay: watch.largestMs,
        starvedBetween: (from, to) => starvation.between(from, to),
      });
    };
    const late = sleep(timeoutMs, undefined, { ref: false }).then(() => {
      throw new Error(`it still ran after ${timeoutMs / 1000} s`);
    });
    return await Promise.race([run(), late]);
  } catch (error) {
    return {
      stream: plan.stream.name,
      sent: plan.parts.length,
      shown: receiver.shown.length,
      torn: 0,
      failures: [String(error)],
      late: [],
      causes: [],
    };
  } finally {
    watch.end();
    starvation.end();
    await receiver.close();
  }
}

/** The package's stream of frames; keeps digest and time of each. */
class Receiver {
  /** @type {{ digest: string, at: number }[]} */
  shown = [];
  #stream;
  #gone = 0;
  #onGone = () => {};

  constructor(transport) {
    this.port = new Promise((resolve) => {
      this.#stream = open(addresses[transport], {
        format: "native",
        delivery: "every",
        onState: (state) => {
          if (state.type === "listening") resolve(state.port);
          if (state.type === "ended") {
            this.#gone++;
            this.#onGone();
          }
        },
      });
    });
    this.reading = this.#read();
  }

  /** Resolves when the sender's connection was noticed to have ended, once for each. */
  async senderGone() {
    while (this.#gone === 0) {
      await new Promise((resolve) => {
        this.#onGone = resolve;
      });
    }
    this.#gone--;
  }

  /** Resolves with the statistics when for a while no byte has come in and no picture has come out. */
  async settled() {
    let last;
    for (let since = performance.now(); performance.now() - since < settledMs; ) {
      await sleep(50);
      const statistics = await this.#stream.statistics();
      const state = `${statistics.receivedBytes} ${statistics.accessUnits} ${statistics.waiting} ${this.shown.length}`;
      if (state !== last) since = performance.now();
      last = state;
      this.statistics = statistics;
    }
  }

  async close() {
    await this.#stream.close();
    await this.reading;
  }

  async #read() {
    for await (const frame of this.#stream) {
      const at = performance.now();
      this.shown.push({ at, digest: createHash("md5").update(frame.data).digest("hex") });
    }
  }
}

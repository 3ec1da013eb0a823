import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../shared/random.mjs";
import { publishers, viewers } from "./soak-actors.mjs";

/**
 * @import { Clip } from "../clips/clips.mjs"
 * @import { Actor } from "./soak-actors.mjs"
 */

const seed = 4;
const streams = ["door", "yard", "gate"];
/** As many as fit on two processors beside other work. */
const viewersAtOnce = 8;
const longestVisitMs = 20_000;
/** A stream waits for its publisher for less than this. */
const streamEndsMs = 12_000;
const recordingsKept = 8;

/**
 * Publishers and viewers that come and go. Each seat makes its choices by the seed, whatever the
 * others do.
 */
export class SoakPlay {
  /** @type {Record<string, number>} How often each part was played. */
  visits = {};
  #url;
  #clips;
  #folder;
  /** @type {Set<Promise<void>>} */
  #present = new Set();

  /**
   * @param {string} url of the server
   * @param {readonly Clip[]} clips
   * @param {string} folder of the server's recordings
   */
  constructor(url, clips, folder) {
    this.#url = url;
    this.#clips = clips;
    this.#folder = folder;
  }

  /** How many are there now. */
  get present() {
    return this.#present.size;
  }

  /**
   * Resolves when the time is over and all have left.
   *
   * @param {number} ms
   */
  async run(ms) {
    const end = performance.now() + ms;
    const tidying = setInterval(() => this.#deleteRecordings(), 10_000);
    const publishing = streams.map((stream, seat) => this.#publish(stream, chooserOf(seat), end));
    const watching = Array.from({ length: viewersAtOnce }, (_, seat) =>
      this.#watch(chooserOf(streams.length + seat), end),
    );
    await Promise.all([...publishing, ...watching]);
    clearInterval(tidying);
  }

  /**
   * @param {string} stream
   * @param {Chooser} choose
   * @param {number} end
   */
  async #publish(stream, choose, end) {
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      await this.#visit(choose, publishers, stream, Math.min(left, choose.between(2000, longestVisitMs)));
      // Sometimes the stream ends before its publisher is back.
      const away = choose.chance(0.2) ? streamEndsMs : choose.between(20, 1500);
      await sleep(Math.min(away, Math.max(0, end - performance.now())));
    }
  }

  /**
   * @param {Chooser} choose
   * @param {number} end
   */
  async #watch(choose, end) {
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      const stream = choose.pick(streams);
      await this.#visit(choose, viewers, stream, Math.min(left, choose.between(50, longestVisitMs)));
      await sleep(choose.between(0, 500));
    }
  }

  /**
   * @param {Chooser} choose
   * @param {Record<string, Actor>} parts
   * @param {string} name of the stream
   * @param {number} ms
   */
  async #visit(choose, parts, name, ms) {
    const [part, play] = choose.pick(Object.entries(parts));
    this.visits[part] = (this.visits[part] ?? 0) + 1;
    const [abrupt, clip] = [choose.chance(0.5), choose.pick(this.#clips)];
    const visit = play({ url: this.#url, name, ms, abrupt, clip });
    this.#present.add(visit);
    await visit;
    this.#present.delete(visit);
  }

  /** The disk is not what is measured. */
  #deleteRecordings() {
    for (const file of readdirSync(this.#folder).sort().slice(0, -recordingsKept))
      rmSync(join(this.#folder, file));
  }
}

/** @typedef {ReturnType<typeof chooserOf>} Chooser */

/** @param {number} seat */
function chooserOf(seat) {
  const random = seededRandom(seed * 1000 + seat);
  return {
    /** @param {number} probability */
    chance: (probability) => random() < probability,
    /**
     * @param {number} low
     * @param {number} high
     */
    between: (low, high) => low + random() * (high - low),
    /**
     * @template T
     * @param {readonly T[]} items at least one
     * @returns {T}
     */
    pick: (items) => /** @type {T} */ (items[Math.floor(random() * items.length)]),
  };
}

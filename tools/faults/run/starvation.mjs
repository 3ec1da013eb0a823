// How long this machine kept the threads of this process from running although they had something
// to do.
import { threadTimes } from "../../shared/proc.mjs";

const sampleMs = 50;

/**
 * Samples how long each thread waits for a processor. A thread that waits for anything else, such
 * as one that hangs, is not counted. Linux only: elsewhere no thread ever seems to wait.
 */
export class StarvationWatch {
  #samples = [sample()];
  #timer = setInterval(() => this.#samples.push(sample()), sampleMs);

  /**
   * The longest that one thread waited for a processor between these times (`performance.now`), ms.
   *
   * @param {number} from
   * @param {number} to
   */
  between(from, to) {
    const before = this.#samples.findLast(({ at }) => at <= from) ?? this.#samples[0];
    const after = this.#samples.find(({ at }) => at >= to) ?? sample();
    let most = 0;
    for (const [thread, { waited }] of after.threads)
      most = Math.max(most, waited - (before?.threads.get(thread)?.waited ?? 0));
    return most;
  }

  end() {
    clearInterval(this.#timer);
  }
}

function sample() {
  return { at: performance.now(), threads: threadTimes("self") };
}

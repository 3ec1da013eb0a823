// How long this machine kept the threads of this process from running although they had something to do.
import { readdirSync, readFileSync } from "node:fs";

const sampleMs = 50;

/**
 * Samples, while runs go on, what the scheduler says of each thread. A thread that waits for something, as one that hangs does, is
 * not counted. Linux only: elsewhere nobody is ever kept from running.
 */
export class StarvationWatch {
  #samples = [sample()];
  #timer = setInterval(() => this.#samples.push(sample()), sampleMs);

  /** The most that one thread was kept from running between these times (`performance.now`), ms. */
  between(from, to) {
    const before = this.#samples.findLast(({ at }) => at <= from) ?? this.#samples[0];
    const after = this.#samples.find(({ at }) => at >= to) ?? sample();
    let most = 0;
    for (const [thread, waited] of after.waited)
      most = Math.max(most, waited - (before.waited.get(thread) ?? 0));
    return most;
  }

  end() {
    clearInterval(this.#timer);
  }
}

/** Of each thread how long it has waited for a processor since it began, ms. */
function sample() {
  const waited = new Map();
  const at = performance.now();
  if (process.platform !== "linux") return { at, waited };
  for (const thread of readdirSync("/proc/self/task")) {
    try {
      waited.set(
        thread,
        Number(readFileSync(`/proc/self/task/${thread}/schedstat`, "utf8").split(" ")[1]) / 1e6,
      );
    } catch {
      // It ended meanwhile.
    }
  }
  return { at, waited };
}

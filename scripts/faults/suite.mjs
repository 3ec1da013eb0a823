// Runs kinds of faults over seeds, several at a time: a run is mostly waiting.
import { kinds } from "./kinds.mjs";
import { planOf, runOnce } from "./run.mjs";

const mostAttempts = 4;

/**
 * What is tested: `planOf` chooses what can be sent to it.
 *
 * @typedef {object} Receiver
 * @property {typeof planOf} planOf
 * @property {typeof runOnce} runOnce
 */

/**
 * @param {{ names?: string[], seeds: number[], atOnce: number, onRun?: (result: object) => void, receiver?: Receiver }} settings
 * @returns {Promise<{ kind: object, runs: object[] }[]>}
 */
export async function runSuite({ names, seeds, atOnce, onRun, receiver = { planOf, runOnce } }) {
  const chosen = names ? kinds.filter(({ name }) => names.includes(name)) : kinds;
  const results = chosen.map((kind) => ({ kind, runs: [] }));
  const waiting = results.flatMap((result) =>
    seeds.map((seed) => ({ result, seed, plan: receiver.planOf(result.kind, seed) })),
  );
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { result, seed, plan } = next;
      const run = { kind: result.kind.name, seed, ...(await runInTime(receiver, result.kind, seed, plan)) };
      result.runs.push(run);
      onRun?.(run);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/**
 * A run in which nothing is wrong but that the machine was too busy, which made pictures late or datagrams lost, says
 * nothing and is repeated. What is always late has failed.
 */
async function runInTime(receiver, kind, seed, plan) {
  for (let attempt = 1; ; attempt++) {
    const run = await receiver.runOnce(kind, attempt === 1 ? plan : receiver.planOf(kind, seed));
    const isDisturbed = run.late.length > 0 || run.systemLost > 0;
    if (run.failures.length > 0 || !isDisturbed) return { ...run, attempt };
    if (attempt === mostAttempts) return { ...run, attempt, failures: run.late };
  }
}

// Runs kinds of faults over seeds, several at a time: a run is mostly waiting.

import { kinds } from "./kinds.mjs";
import { memoryFailures } from "./run/memory.mjs";
import { planOf, runOnce } from "./run/run.mjs";

const mostAttempts = 4;
/** Of these the last ones, while nothing else of the suite runs. */
const attemptsAtOnce = 2;

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
  const disturbed = [];
  const finish = ({ result, seed }, run) => {
    const failures = [...run.failures, ...memoryFailures(atOnce)];
    const named = { kind: result.kind.name, seed, ...run, failures };
    result.runs.push(named);
    onRun?.(named);
  };
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const run = await runInTime(receiver, next, next.plan, 1, attemptsAtOnce);
      if (run.isDisturbed) disturbed.push(next);
      else finish(next, run);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  for (const next of disturbed)
    finish(next, await runInTime(receiver, next, undefined, attemptsAtOnce + 1, mostAttempts));
  return results;
}

/**
 * A run in which nothing is wrong but that the machine was too busy, which made pictures late or datagrams lost, says
 * nothing and is repeated: first beside the others, at last alone. What is late alone, too, has failed, as has what ever hung.
 */
async function runInTime(receiver, { result: { kind }, seed }, plan, firstAttempt, lastAttempt) {
  for (let attempt = firstAttempt; ; attempt++) {
    const run = await receiver.runOnce(
      kind,
      plan && attempt === firstAttempt ? plan : receiver.planOf(kind, seed),
    );
    const isDisturbed = run.late.length > 0 || run.systemLost > 0;
    if (run.failures.length > 0 || !isDisturbed) return { ...run, attempt };
    if (attempt === mostAttempts) return { ...run, attempt, failures: run.late };
    if (attempt === lastAttempt) return { ...run, attempt, isDisturbed };
  }
}

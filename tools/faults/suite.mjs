// Runs kinds of faults over seeds, several runs at a time: a run is mostly waiting.
import { kinds } from "./kinds.mjs";
import { memoryFailures } from "./run/memory.mjs";
import { planOf, runOnce } from "./run/run.mjs";

/**
 * @import { Kind, Plan } from "./plan.mjs"
 * @import { Verdict } from "./run/judge.mjs"
 */

const mostAttempts = 4;
/** The first attempts are made beside other runs, the last ones alone. */
const attemptsBesideOthers = 2;

/**
 * @typedef {object} Receiver what is tested
 * @property {(kind: Kind, seed: number) => Plan} planOf chooses what can be sent to it
 * @property {(kind: Kind, plan: Plan) => Promise<Verdict>} runOnce
 *
 * @typedef {Verdict & { kind: string, seed: number, attempt: number }} Run
 *
 * @typedef {object} KindResult
 * @property {Kind} kind
 * @property {Run[]} runs
 *
 * @typedef {Verdict & { attempt: number, isDisturbed: boolean }} Attempt
 */

/**
 * @param {object} settings
 * @param {readonly string[]} [settings.names] of kinds; all by default
 * @param {readonly number[]} settings.seeds
 * @param {number} settings.atOnce runs at a time
 * @param {(run: Run) => void} [settings.onRun]
 * @param {Receiver} [settings.receiver] the built package by default
 * @returns {Promise<KindResult[]>}
 */
export async function runSuite({ names, seeds, atOnce, onRun, receiver = { planOf, runOnce } }) {
  const chosen = names ? kinds.filter(({ name }) => names.includes(name)) : kinds;
  /** @type {KindResult[]} */
  const results = chosen.map((kind) => ({ kind, runs: [] }));
  const waiting = results.flatMap((result) =>
    seeds.map((seed) => ({ result, seed, plan: receiver.planOf(result.kind, seed) })),
  );
  /** @type {typeof waiting} */
  const disturbed = [];
  /**
   * @param {{ result: KindResult, seed: number }} next
   * @param {Attempt} attempt
   */
  const finish = ({ result, seed }, { isDisturbed: _, ...verdict }) => {
    const failures = [...verdict.failures, ...memoryFailures(atOnce)];
    const run = { ...verdict, kind: result.kind.name, seed, failures };
    result.runs.push(run);
    onRun?.(run);
  };
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { result, seed, plan } = next;
      const attempt = await attempts(receiver, result.kind, seed, plan, 1, attemptsBesideOthers);
      if (attempt.isDisturbed) disturbed.push(next);
      else finish(next, attempt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  for (const next of disturbed) {
    const { result, seed } = next;
    const plan = receiver.planOf(result.kind, seed);
    finish(next, await attempts(receiver, result.kind, seed, plan, attemptsBesideOthers + 1, mostAttempts));
  }
  return results;
}

/**
 * Repeats a run that says nothing: nothing was wrong except that the busy machine made pictures
 * late or lost datagrams. A run that is late alone, too, has failed.
 *
 * @param {Receiver} receiver
 * @param {Kind} kind
 * @param {number} seed
 * @param {Plan} firstPlan
 * @param {number} firstAttempt
 * @param {number} lastAttempt
 * @returns {Promise<Attempt>}
 */
async function attempts(receiver, kind, seed, firstPlan, firstAttempt, lastAttempt) {
  let plan = firstPlan;
  for (let attempt = firstAttempt; ; attempt++) {
    const verdict = await receiver.runOnce(kind, plan);
    const isDisturbed = verdict.late.length > 0 || verdict.systemLost > 0;
    if (verdict.failures.length > 0 || !isDisturbed) return { ...verdict, attempt, isDisturbed: false };
    if (attempt === mostAttempts) return { ...verdict, attempt, failures: verdict.late, isDisturbed: false };
    if (attempt === lastAttempt) return { ...verdict, attempt, isDisturbed: true };
    plan = receiver.planOf(kind, seed);
  }
}

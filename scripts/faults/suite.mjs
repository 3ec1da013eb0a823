// Runs kinds of faults over seeds, several at a time: a run is mostly waiting.
import { kinds } from "./kinds.mjs";
import { planOf, runOnce } from "./run.mjs";

/**
 * @param {{ names?: string[], seeds: number[], atOnce: number, onRun?: (result: object) => void }} settings
 * @returns {Promise<{ kind: object, runs: object[] }[]>}
 */
export async function runSuite({ names, seeds, atOnce, onRun }) {
  const chosen = names ? kinds.filter(({ name }) => names.includes(name)) : kinds;
  const results = chosen.map((kind) => ({ kind, runs: [] }));
  const waiting = results.flatMap((result) =>
    seeds.map((seed) => ({ result, seed, plan: planOf(result.kind, seed) })),
  );
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { result, seed, plan } = next;
      const run = { kind: result.kind.name, seed, ...(await runOnce(result.kind, plan)) };
      result.runs.push(run);
      onRun?.(run);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/**
 * @template C, R
 * @typedef {object} Outcome
 * @property {string} name of the contestant
 * @property {C} contestant
 * @property {R[]} rounds what each round came to
 */

/**
 * Runs every contestant once per round, so that other work on the machine disturbs them all alike.
 *
 * @template {{ readonly name: string }} C
 * @template R
 * @param {number} rounds
 * @param {readonly C[]} contestants
 * @param {(contestant: C, round: number) => R | Promise<R>} run
 * @returns {Promise<Outcome<C, R>[]>} in the order of the contestants
 */
export async function alternate(rounds, contestants, run) {
  /** @type {Outcome<C, R>[]} */
  const outcomes = contestants.map((contestant) => ({ name: contestant.name, contestant, rounds: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const outcome of outcomes) {
      showProgress(`  round ${round + 1} of ${rounds}: ${outcome.name} `);
      outcome.rounds.push(await run(outcome.contestant, round));
    }
  }
  showProgress("");
  return outcomes;
}

/**
 * The rounds of each contestant by its name, for the record.
 *
 * @template R, F
 * @param {readonly Outcome<unknown, R>[]} outcomes
 * @param {(round: R) => F} figures
 * @returns {Record<string, F[]>}
 */
export function byName(outcomes, figures) {
  return Object.fromEntries(outcomes.map(({ name, rounds }) => [name, rounds.map(figures)]));
}

/** @param {string} text */
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/**
 * Separates contestants that are not installed, and says so in notes.
 *
 * @template {{ readonly name: string, readonly missing?: string | undefined }} C
 * @param {readonly C[]} contestants
 */
export function installed(contestants) {
  return {
    present: contestants.filter(({ missing }) => missing === undefined),
    notes: contestants.flatMap(({ name, missing }) =>
      missing === undefined ? [] : [`${name}: not installed (${missing})`],
    ),
  };
}

/**
 * Runs every contestant once a round, so that other work on the machine meets them all alike.
 *
 * @template C, R
 * @param {number} rounds
 * @param {C[]} contestants each with a `name`
 * @param {(contestant: C, round: number) => Promise<R>} run
 * @returns {Promise<Map<C, R[]>>}
 */
export async function alternate(rounds, contestants, run) {
  const results = new Map(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) {
      progress(`  round ${round + 1} of ${rounds}: ${contestant.name} `);
      results.get(contestant).push(await run(contestant, round));
    }
  }
  progress("");
  return results;
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Splits off what is not installed, as a line for the reader. */
export function installed(contestants) {
  return {
    present: contestants.filter(({ missing }) => missing === undefined),
    notes: contestants
      .filter(({ missing }) => missing)
      .map(({ name, missing }) => `${name}: not installed (${missing})`),
  };
}

import { beforeAll, describe, expect, it } from "vitest";
import { kinds } from "../../tools/faults/kinds.mjs";
import { type KindResult, runSuite } from "../../tools/faults/suite.mjs";

// The long form, with a table and many seeds: npm run faults
describe("faults between a sender and the receiver: what is shown is whole, in order, and back in time:", () => {
  let results: KindResult[];
  beforeAll(async () => {
    results = await runSuite({ seeds: [1, 2], atOnce: 5 });
  }, 240_000);

  it.each(kinds.map(({ name }) => name))("%s", (name) => {
    const { runs } = results.find(({ kind }) => kind.name === name)!;
    expect(runs).toHaveLength(2);
    for (const { seed, failures } of runs)
      expect(failures, `again: npm run faults -- --kind ${name} --seed ${seed}`).toEqual([]);
  });
});

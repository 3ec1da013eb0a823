import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PlayerReceiver } from "../../tools/faults/player/player.mjs";
import { type KindResult, runSuite } from "../../tools/faults/suite.mjs";
import { whyNoChromium } from "../../tools/shared/chromium.mjs";

// The long form, with all kinds that browsers can notice, a table and many seeds: npm run faults --
// --player
const core = [
  "unit-lost",
  "idr-lost",
  "slice-lost",
  "sps-or-pps-lost",
  "truncated",
  "hole-in-slice",
  "bit-flip-data",
  "encoder-restart",
  "resolution",
];

describe.skipIf(whyNoChromium)(
  "faults between a sender and <nalive-player>: what its canvas shows is whole, in order, and back in time:",
  () => {
    let receiver: PlayerReceiver;
    let results: KindResult[];
    beforeAll(async () => {
      receiver = await PlayerReceiver.open();
      results = await runSuite({ names: core, seeds: [1], atOnce: 6, receiver });
    }, 240_000);
    afterAll(() => receiver?.close());

    it.each(core)("%s", (name) => {
      const { runs } = results.find(({ kind }) => kind.name === name)!;
      expect(runs).toHaveLength(1);
      for (const { seed, failures, shown } of runs) {
        expect(failures, `again: npm run faults -- --player --kind ${name} --seed ${seed}`).toEqual([]);
        expect(shown).toBeGreaterThan(0);
      }
    });
  },
);

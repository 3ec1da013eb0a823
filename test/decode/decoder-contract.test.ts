import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PresentationTime } from "../../src/live/playout/presentation-time.js";
import { noChromium } from "../browser/chromium.js";
import { BrowserDecoder } from "./browser-decoder.js";
import { type Clips, contractCases, makeClips } from "./contract-cases.js";
import { type Outcome, reason, type Step } from "./contract-run.js";
import {
  type AccessUnit,
  cutShort,
  decoders,
  decoding,
  inThread,
  outcomeOf,
  sequencesOf,
} from "./decoder-kit.js";

let clips: Clips;
/** What each picture of a clip decodes to, by its sequence number. */
const digests = new Map<keyof Clips, ReadonlyMap<number, string>>();

beforeAll(async () => {
  clips = await makeClips();
  for (const name of Object.keys(clips) as (keyof Clips)[]) {
    const { given } = await outcomeOf(inThread, [...clips[name].map((unit) => ({ push: unit })), "flush"]);
    digests.set(name, new Map(given.map(({ sequence, digest }) => [sequence, digest])));
  }
});

/** What every decoder does. @param run takes the steps with a new one */
function keepsTheContract(run: (steps: readonly Step[]) => Promise<Outcome>): void {
  it.each(contractCases.map((each) => [each.name, each] as const))("%s", async (_name, contractCase) => {
    const { clip, steps, given, givenWhenIdle, issues = [], interval } = contractCase;
    const units = clips[clip];
    const all = steps(units);
    const outcome = await run(all);
    const pushed = new Map(
      all.flatMap((step) => (typeof step === "object" ? [[step.push.sequence, step.push]] : [])),
    );
    const time = new PresentationTime(true);
    const expected = given(units).map((sequence) => {
      const lastSequence = clip === "fields" ? sequence + 1 : sequence;
      const timestamp = time.next({ unit: pushed.get(sequence)!, lastUnit: pushed.get(lastSequence)! });
      return { sequence, lastSequence, timestamp, digest: digests.get(clip)!.get(sequence) };
    });
    expect(outcome.given).toEqual(expected);
    if (givenWhenIdle) expect(outcome.givenWhenIdle).toEqual(givenWhenIdle);
    expect(outcome.issues.map(({ code }) => code)).toEqual(issues);
    expect(outcome.closes).toEqual(all.includes("close") ? [reason.message] : []);
    if (interval === undefined) return;
    const arrival = units[expected[0]!.lastSequence]!.lastByteAt;
    expect(outcome.given.map(({ timestamp }) => timestamp)).toEqual(
      expected.map((_, index) => arrival + index * interval),
    );
  });
}

describe.each(decoders)("a decoder %s", (_where, make) => {
  keepsTheContract((steps) => outcomeOf(make, steps));

  it("is silent while muted, and knows what the other decoder has output", async () => {
    const { decoders, decoder, given, issues, idle, end } = decoding(make);
    const spare = decoders.make();
    spare.muted = true;
    for (const unit of clips.plain.slice(0, 6)) decoder.push(unit);
    for (const unit of clips.plain.slice(0, 9)) spare.push(unit);
    await idle();
    expect(given).toHaveLength(6);
    spare.muted = false;
    spare.push(clips.plain[9]!);
    spare.reset();
    for (const unit of clips.plain.slice(0, 12)) spare.push(unit);
    await idle();
    expect(sequencesOf(given)).toEqual([0, 1, 2, 3, 4, 5, 9, 6, 7, 8, 10, 11]);
    expect(issues.list()).toEqual([]);
    await end();
  });

  it("outputs the same pictures and counts the same damage as one in this thread, whatever happens", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const here = decoding(inThread);
      const there = decoding(make);
      for (const { decoder } of [here, there])
        mistreat(decoder, seed % 2 === 0 ? clips.plain : clips.withB, seed);
      await here.end();
      await there.end();
      expect(there.given).toEqual(here.given);
      expect(there.issues.list()).toEqual(here.issues.list());
    }
  });
});

describe.skipIf(noChromium)("a decoder of Chromium", () => {
  let browser: BrowserDecoder;

  beforeAll(async () => {
    browser = await BrowserDecoder.open();
  });
  afterAll(() => browser?.close());

  keepsTheContract((steps) => browser.outcomeOf(steps));
});

/** Losses, cuts, resets with a replay, and flushes, the same for the same seed. */
function mistreat(
  decoder: ReturnType<typeof decoding>["decoder"],
  units: readonly AccessUnit[],
  seed: number,
) {
  let state = seed;
  const chance = (share: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) / 0x10000 < share;
  };
  for (const [index, unit] of units.entries()) {
    if (chance(0.06)) continue;
    if (chance(0.08)) {
      decoder.push(cutShort(unit, 0.5));
      if (chance(0.5)) continue;
      decoder.reset();
      for (const again of units.slice(index < 12 ? 0 : 12, index)) decoder.push(again);
    }
    decoder.push(unit);
    if (chance(0.04)) decoder.flush();
  }
}

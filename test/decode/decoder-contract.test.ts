import { beforeAll, describe, expect, it } from "vitest";
import {
  type AccessUnit,
  accessUnits,
  cutShort,
  decoders,
  decoding,
  inThread,
  sequencesOf,
} from "./decoder-kit.js";

let plain: AccessUnit[];
let withB: AccessUnit[];

beforeAll(async () => {
  plain = await accessUnits("size=128x96&frames=24&gop=12&bitrate=300k");
  withB = await accessUnits("size=128x96&frames=25&gop=12&bframes=2&bitrate=300k");
});

describe.each(decoders)("a decoder %s", (_where, make) => {
  it("gives out each picture before the next is pushed where there are no B pictures", async () => {
    const { decoder, given, idle, end } = decoding(make);
    for (const [index, unit] of plain.entries()) {
      decoder.push(unit);
      await idle();
      expect(given).toHaveLength(index + 1);
    }
    expect(await end()).toEqual({ closes: 1, reason: undefined });
    expect(sequencesOf(given)).toEqual(sequencesOf(plain as never));
  });

  it("takes many access units at once", async () => {
    const { decoder, given, end } = decoding(make);
    for (const unit of plain) decoder.push(unit);
    await end();
    expect(given).toHaveLength(plain.length);
  });

  it("gives out B pictures in output order, none lost, none twice", async () => {
    const { decoder, given, end } = decoding(make);
    for (const unit of withB) decoder.push(unit);
    await end();
    const starts = withB.filter(({ picture }) => picture.idr).map(({ sequence }) => sequence);
    const key = (sequence: number) =>
      starts.filter((start) => start <= sequence).length * 1000 + withB[sequence]!.picture.pictureOrderCount;
    const keys = sequencesOf(given).map(key);
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
    expect(new Set(keys).size).toBe(25);
  });

  it("holds a picture whose end is a guess until it is settled, or the next one comes", async () => {
    const { decoder, given, idle, end } = decoding(make);
    const guessed = plain.map((unit): AccessUnit => ({ ...unit, endedBy: "silence" }));
    decoder.push(guessed[0]!);
    await idle();
    expect(given).toHaveLength(0);
    decoder.settle();
    await idle();
    expect(given).toHaveLength(1);
    decoder.push(guessed[1]!);
    decoder.push(guessed[2]!);
    await idle();
    expect(given).toHaveLength(2);
    await end();
    expect(given).toHaveLength(3);
  });

  it("gives out and reports nothing while it is muted, and knows what another gave out", async () => {
    const { decoders, decoder, given, issues, idle, end } = decoding(make);
    const spare = decoders.make();
    spare.muted = true;
    for (const unit of plain.slice(0, 6)) decoder.push(unit);
    for (const unit of plain.slice(0, 9)) spare.push(unit);
    await idle();
    expect(given).toHaveLength(6);
    spare.muted = false;
    spare.push(plain[9]!);
    spare.reset();
    for (const unit of plain.slice(0, 12)) spare.push(unit);
    await idle();
    expect(sequencesOf(given)).toEqual([0, 1, 2, 3, 4, 5, 9, 6, 7, 8, 10, 11]);
    expect(issues.list()).toEqual([]);
    await end();
  });

  it("gives out what waits when it is flushed, and goes on at a random access point", async () => {
    const { decoder, given, idle, end } = decoding(make);
    for (const unit of withB.slice(0, 8)) decoder.push(unit);
    decoder.flush();
    await idle();
    expect(sequencesOf(given).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const unit of withB.slice(12)) decoder.push(unit);
    await end();
    expect(given).toHaveLength(8 + 13);
  });

  it("gives out a picture once, although it is decoded again after a reset", async () => {
    const { decoder, given, end } = decoding(make);
    for (const unit of plain.slice(0, 6)) decoder.push(unit);
    decoder.reset();
    for (const unit of plain) decoder.push(unit);
    await end();
    expect(sequencesOf(given)).toEqual(sequencesOf(plain as never));
  });

  it("is flushed by the next sender", async () => {
    const { decoder, given, idle, end } = decoding(make);
    for (const unit of withB.slice(0, 6)) decoder.push(unit);
    decoder.push({ ...withB[0]!, epoch: 1, sequence: 6 });
    await idle();
    expect(
      sequencesOf(given)
        .slice(0, 6)
        .sort((a, b) => a - b),
    ).toEqual([0, 1, 2, 3, 4, 5]);
    await end();
  });

  it("closes its sink once, last, with the reason", async () => {
    const { decoder, given, end } = decoding(make);
    const reason = new Error("the sender is gone");
    decoder.push(plain[0]!);
    expect(await end(reason)).toEqual({ closes: 1, reason });
    expect(given).toHaveLength(1);
  });

  it("gives the same pictures and counts the same damage as one in this thread, whatever happens", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const here = decoding(inThread);
      const there = decoding(make);
      for (const { decoder } of [here, there]) mistreat(decoder, seed % 2 === 0 ? plain : withB, seed);
      await here.end();
      await there.end();
      expect(there.given).toEqual(here.given);
      expect(there.issues.list()).toEqual(here.issues.list());
    }
  });
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

import { describe, expect, it } from "vitest";
import { type AccessUnitSyntax, accessUnit } from "../../../test/support/h264/access-units.js";
import { type AccessUnit, memoryOf } from "../../h264/access-unit.js";
import { DecoderPair, type DecoderPairOptions, type MutableDecoder } from "./decoder-pair.js";

/** Writes down the sequence numbers that it gets since its last reset. */
class FakeDecoder implements MutableDecoder {
  readonly queueSize = 0;
  muted = false;
  has: number[] = [];
  closed = false;
  push(unit: AccessUnit): void {
    this.has.push(unit.sequence);
  }
  confirmEnd(): void {}
  reset(): void {
    this.has = [];
  }
  flush(): void {
    this.has = [];
  }
  close(): void {
    this.closed = true;
  }
}

function makePair(options: DecoderPairOptions = {}) {
  const [a, b] = [new FakeDecoder(), new FakeDecoder()];
  const pair = new DecoderPair(a, b, options);
  const idle = () => {
    while (pair.catchUp());
  };
  return { a, b, pair, idle };
}

const unit = (sequence: number, syntax: AccessUnitSyntax = {}) =>
  accessUnit({ sequence, endedBy: "silence", ...syntax });
const idr = { picture: { idr: true }, randomAccess: "idr" } as const;

describe("DecoderPair", () => {
  it("undoes a wrong guess with the spare, which is silent until then", () => {
    const { a, b, pair, idle } = makePair();
    pair.push(unit(0, idr));
    pair.push(unit(1));
    pair.push(unit(2));
    idle();
    expect([a.has, a.muted]).toEqual([[0, 1, 2], false]);
    expect([b.has, b.muted]).toEqual([[0, 1], true]);
    expect(pair.picturesToUndo).toBe(1);

    const since = [unit(0, idr), unit(1), unit(2, { corrects: true })];
    const again = pair.correct(since[2]!, since);
    expect(again).toEqual([since[2]]);
    for (const each of again) pair.push(each);
    expect([b.has, b.muted]).toEqual([[0, 1, 2], false]);
    expect([a.has, a.muted]).toEqual([[], true]);
    idle();
    expect(a.has).toEqual([0, 1]);
    pair.push(unit(3));
    idle();
    expect(a.has).toEqual([0, 1, 2]);
  });

  it("lets a spare that is behind catch up first", () => {
    const { a, b, pair, idle } = makePair();
    const since = [unit(0, idr), unit(1), unit(2), unit(3)];
    for (const each of since) pair.push(each);
    pair.catchUp();
    expect(pair.picturesToUndo).toBe(3);
    const again = pair.correct(since[3]!, since);
    expect(again).toEqual(since.slice(1));
    for (const each of again) pair.push(each);
    expect(b.has).toEqual([0, 1, 2, 3]);
    idle();
    expect(a.has).toEqual([0, 1, 2]);
  });

  it("starts again while the spare rests", () => {
    const { a, pair } = makePair({ mayDecodeTwice: () => false });
    const since = [unit(0, idr), unit(1)];
    for (const each of since) pair.push(each);
    expect(pair.picturesToUndo).toBeUndefined();
    expect(pair.correct(since[1]!, since)).toEqual(since);
    expect(a.has).toEqual([]);
  });

  it("skips to an IDR picture when the spare is behind", () => {
    const { b, pair, idle } = makePair();
    pair.push(unit(0, idr));
    for (let sequence = 1; sequence <= 9; sequence++) pair.push(unit(sequence));
    pair.push(unit(10, idr));
    pair.push(unit(11));
    idle();
    expect(b.has).toEqual([10]);
    expect(pair.picturesToUndo).toBe(1);
  });

  it("can undo one mistake when the next spare has no random access point to start at", () => {
    const { pair, idle } = makePair();
    pair.push(unit(0, idr));
    pair.push(unit(1));
    idle();
    for (const each of pair.correct(unit(1), [])) pair.push(each);
    expect(pair.picturesToUndo).toBeUndefined();
    pair.push(unit(2, idr));
    pair.push(unit(3));
    idle();
    expect(pair.picturesToUndo).toBe(1);
  });

  it("lets the spare rest when silence does not end pictures, and while there is no time for it", () => {
    const framed = makePair();
    framed.pair.push(unit(0, { ...idr, endedBy: "transport" }));
    for (let sequence = 1; sequence <= 100; sequence++)
      framed.pair.push(unit(sequence, { endedBy: "transport" }));
    expect(framed.pair.catchUp()).toBe(false);

    let hasTime = false;
    const busy = makePair({ mayDecodeTwice: () => hasTime });
    busy.pair.push(unit(0, idr));
    busy.pair.push(unit(1));
    expect(busy.pair.catchUp()).toBe(false);
    hasTime = true;
    busy.pair.push(unit(2));
    expect(busy.pair.catchUp()).toBe(false);
    busy.pair.push(unit(3, idr));
    busy.pair.push(unit(4));
    expect(busy.pair.catchUp()).toBe(true);
    expect(busy.b.has).toEqual([3]);
  });

  it("keeps access units within its bounds", () => {
    for (const bounds of [{ maxWaiting: 10 }, { maxWaitingBytes: 10 * memoryOf(unit(0)) }]) {
      const { b, pair, idle } = makePair(bounds);
      pair.push(unit(0, idr));
      for (let sequence = 1; sequence <= 20; sequence++) pair.push(unit(sequence));
      idle();
      expect(b.has).toEqual([]);
    }
  });

  it("keeps the discontinuity of the access unit that it undoes", () => {
    const { b, pair, idle } = makePair();
    const got: AccessUnit[] = [];
    b.push = (taken) => void got.push(taken);
    pair.push(unit(0, idr));
    pair.push(unit(1, { discontinuity: true }));
    idle();
    for (const each of pair.correct(unit(1), [])) pair.push(each);
    expect(got.at(-1)?.discontinuity).toBe(true);
  });

  it("closes both decoders", () => {
    const { a, b, pair } = makePair();
    pair.close();
    expect([a.closed, b.closed]).toEqual([true, true]);
  });
});

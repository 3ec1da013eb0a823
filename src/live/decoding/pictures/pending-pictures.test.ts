import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../../test/support/h264/access-units.js";
import { type PendingPicture, PendingPictures } from "./pending-pictures.js";

interface Frame {
  readonly name: string;
}

const unit = (sequence: number) => accessUnit({ sequence });

/** A picture that the decoder has; of a pair of fields with `fields: 2`. */
function awaited(sequence: number, { fields = 1 } = {}): PendingPicture<Frame> {
  return {
    unit: unit(sequence),
    lastUnit: unit(sequence + fields - 1),
    group: 0,
    mayShow: true,
    frame: "awaited",
    isDamaged: false,
    prepared: undefined,
  };
}

function pending(...pictures: readonly PendingPicture<Frame>[]): PendingPictures<Frame> {
  const all = new PendingPictures<Frame>();
  for (const picture of pictures) all.add(picture);
  return all;
}

describe("PendingPictures", () => {
  it("gives out pictures whose turn has come, in that order, once the decoder gave their frames", () => {
    const [first, second] = [awaited(0), awaited(1)];
    const pictures = pending(first, second);
    second.frame = { name: "second" };
    expect(pictures.shift()).toBeUndefined();
    pictures.takeTurns([1, 0]);
    expect(pictures.shift()).toBe(second);
    expect(pictures.shift()).toBeUndefined();
    first.frame = { name: "first" };
    expect(pictures.shift()).toBe(first);
    expect([pictures.length, pictures.shift()]).toEqual([0, undefined]);
  });

  it("gives out a picture of which no frame will come", () => {
    const picture = awaited(0);
    const pictures = pending(picture);
    pictures.takeTurns([0]);
    picture.frame = "none";
    expect(pictures.shift()).toBe(picture);
  });

  it("ignores the turn of a picture that it does not have", () => {
    const pictures = pending(awaited(0));
    pictures.takeTurns([7]);
    expect(pictures.shift()).toBeUndefined();
    expect(pictures.length).toBe(1);
  });

  it("counts the pictures that the decoder has, and knows the first", () => {
    const [first, second] = [awaited(0), awaited(1)];
    const pictures = pending(first, second);
    expect([pictures.owed, pictures.firstOwed]).toEqual([2, first]);
    first.frame = { name: "first" };
    expect([pictures.owed, pictures.firstOwed]).toEqual([1, second]);
    second.frame = "none";
    expect([pictures.owed, pictures.firstOwed]).toEqual([0, undefined]);
  });

  it("finds a pair of fields by either of its access units", () => {
    const pair = awaited(4, { fields: 2 });
    const pictures = pending(pair, awaited(6));
    expect([pictures.find(4), pictures.find(5)]).toEqual([pair, pair]);
    expect(pictures.find(6)?.unit.sequence).toBe(6);
    expect([pictures.find(3), pictures.find(7)]).toEqual([undefined, undefined]);
    expect([pictures.get(4), pictures.get(5)]).toEqual([pair, undefined]);
  });

  it("gives up what precedes a reported picture in decoding order and in output order", () => {
    // Decoded 0, 1, 2, 3; output 1, 0, 3, 2.
    const all = [0, 1, 2, 3].map((sequence) => awaited(sequence));
    const pictures = pending(...all);
    pictures.takeTurns([1, 0, 3, 2]);
    pictures.giveUpBefore(all[2]!);
    expect(all.map(({ frame }) => frame)).toEqual(["none", "none", "awaited", "awaited"]);
  });

  it("removes all of them, whose turn has come or not", () => {
    const all = [awaited(0), awaited(1)];
    const pictures = pending(...all);
    pictures.takeTurns([0]);
    expect(pictures.clear()).toEqual(all);
    all[0]!.frame = "none";
    expect([pictures.length, pictures.shift()]).toEqual([0, undefined]);
  });
});

import { describe, expect, it } from "vitest";
import {
  fields,
  group,
  guessed,
  idr,
  makeLine,
  unitAt,
  withB,
} from "../../../../test/support/picture-line.js";
import type { AccessUnit } from "../../../h264/access-unit.js";

describe("PictureLine: damage", () => {
  it("holds back what follows until the next random access point, and renews the decoder", () => {
    const { decoder, push, sequences, codes, held } = makeLine();
    decoder.damaged.add(2);
    push(...group(5), ...group(3, 5));
    expect(sequences()).toEqual([0, 1, 5, 6, 7]);
    expect(held).toEqual([2, 3, 4]);
    expect(codes()).toEqual(["damaged-picture", "held-back"]);
    expect(decoder.calls.slice(4)).toEqual(
      ["send 2", "ask 2", "renew", "send 5", "ask 5", "send 6", "ask 6", "send 7", "ask 7"].slice(0),
    );
  });

  it("does not renew the decoder where nothing was damaged", () => {
    const { decoder, push } = makeLine();
    push(...group(3), ...group(3, 3));
    expect(decoder.calls).not.toContain("renew");
  });

  it("shows no picture of which the decoder refused a field", () => {
    const frames = makeLine();
    frames.decoder.refused.add(1).add(2);
    frames.decoder.missing.add(1);
    frames.push(...group(3), ...group(1, 3));
    expect(frames.sequences()).toEqual([0, 3]);

    for (const refused of [2, 3]) {
      const { decoder, push, sequences } = makeLine();
      decoder.refused.add(refused);
      push(...fields(4));
      expect(sequences()).toEqual([0]);
    }
  });

  it("leaves out a broken picture that nothing refers to, and nothing else", () => {
    const { decoder, push, sequences, held } = makeLine();
    const units = withB().map((unit) => ({ ...unit, format: { ...unit.format, reorderDepth: 1 } }));
    push(...units.map((unit) => (unit.sequence === 2 ? { ...unit, broken: true } : unit)));
    expect(decoder.calls).not.toContain("send 2");
    expect([sequences(), held]).toEqual([[0, 1, 4, 3], [2]]);
  });

  it("shows damaged pictures too with the option", () => {
    const { decoder, push, sequences, codes } = makeLine({ showDamaged: true });
    decoder.damaged.add(2);
    push(unitAt(0), ...group(3, 1), {
      ...unitAt(4, { picture: { frameNum: 3, pictureOrderCount: 6 } }),
      broken: true,
    });
    expect(sequences()).toEqual([0, 1, 2, 3, 4]);
    expect(codes()).toContain("damaged-picture");
  });
});

describe("PictureLine: two fields", () => {
  it("make one picture, whichever field the decoder's frame is numbered after", () => {
    for (const offset of [0, 1]) {
      const { decoder, push, given } = makeLine();
      decoder.answersAtOnce = false;
      const units = fields(3);
      push(...units);
      expect(decoder.calls).toEqual([0, 2, 4].flatMap((n) => [`send ${n}`, `send ${n + 1}`, `ask ${n}`]));
      for (const first of [0, 2, 4]) expect(decoder.give(first + offset)).toBe(true);
      expect(given.map(({ unit, lastUnit }) => [unit, lastUnit])).toEqual([
        units.slice(0, 2),
        units.slice(2, 4),
        units.slice(4),
      ]);
    }
  });

  it("make a picture that is shown only if both may be", () => {
    const { push, sequences } = makeLine();
    push(...fields(3).map((unit) => (unit.sequence === 3 ? { ...unit, broken: true } : unit)));
    expect(sequences()).toEqual([0]);
  });

  it("take the lower picture order count: a frame between them is not late", () => {
    const { push, sequences, codes } = makeLine();
    const [first, second] = fields(1) as [AccessUnit, AccessUnit];
    push(first, second, unitAt(2, { picture: { frameNum: 1, pictureOrderCount: 1 } }));
    expect(sequences()).toEqual([0, 2]);
    expect(codes()).toEqual([]);
  });

  it("are half a frame when one is missing where all came in pairs: it is refused, with what follows", () => {
    for (const lost of [6, 7]) {
      const { push, sequences, codes, held } = makeLine();
      push(...fields(6).filter(({ sequence }) => sequence !== lost), ...group(1, 12));
      expect(sequences()).toEqual([0, 2, 4, 12]);
      expect(held).toContain(lost === 6 ? 7 : 6);
      expect(codes()[0]).toBe("damaged-picture");
    }
  });

  it("need not come in pairs when none did, or when the next sender does not send pairs", () => {
    const { push, sequences } = makeLine();
    const single = fields(9)
      .filter(({ sequence }) => sequence % 2 === 0)
      .map((unit) => ({ ...unit, sequence: unit.sequence >> 1 }));
    push(...fields(5).map((unit) => ({ ...unit, sequence: unit.sequence + 100 })));
    push(...single.map((unit) => ({ ...unit, epoch: 1 })), { ...idr(20), epoch: 2 });
    expect(sequences()).toEqual([100, 102, 104, 106, 108, 0, 1, 2, 3, 4, 5, 6, 7, 8, 20]);
  });
});

describe("PictureLine: a picture whose end is a guess", () => {
  it("waits until its end is confirmed, or the next one comes", () => {
    const { push, line, sequences } = makeLine();
    const [first, second, third] = group(3).map(guessed) as [AccessUnit, AccessUnit, AccessUnit];
    push(first);
    expect(sequences()).toEqual([]);
    line.confirmEnd();
    expect(sequences()).toEqual([0]);
    push(second);
    expect(sequences()).toEqual([0]);
    push(third);
    expect(sequences()).toEqual([0, 1]);
    line.flush();
    expect(sequences()).toEqual([0, 1, 2]);
  });

  it("keeps waiting when it is damaged: the rest may still come", () => {
    const { decoder, push, line, sequences, codes } = makeLine();
    const units = group(4);
    decoder.damaged.add(1);
    push(units[0]!, guessed(units[1]!));
    line.confirmEnd();
    expect(codes()).toEqual([]);
    line.reset();
    decoder.damaged.clear();
    push(...units);
    expect(sequences()).toEqual([0, 1, 2, 3]);
    expect(codes()).toEqual([]);

    decoder.damaged.add(5);
    push(...group(3, 4).map(guessed));
    expect(codes()).toEqual(["damaged-picture", "held-back"]);
  });
});

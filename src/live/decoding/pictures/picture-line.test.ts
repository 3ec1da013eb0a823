import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { group, idr, inOrder, makeLine, unitAt, withB } from "../../../../test/support/picture-line.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import { OutputHistory } from "./output-history.js";

describe("PictureLine", () => {
  it("outputs each picture once and releases each frame, whenever the decoder reports it and however often it is reset", () => {
    const step = fc.oneof(
      fc.record({ push: fc.nat(3) }),
      fc.constantFrom("give" as const, "reset" as const, "flush" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { decoder, line, sequences, given } = makeLine();
        decoder.answersAtOnce = false;
        let stream = withB();
        let next = 0;
        let sent: number[] = [];
        for (const one of steps) {
          if (one === "give") decoder.give(sent.shift() ?? 0);
          else if (one === "reset") {
            line.reset();
            [next, sent] = [0, []];
          } else if (one === "flush") {
            line.flush();
            stream = stream.map((unit) => ({ ...unit, sequence: unit.sequence + stream.length }));
            next = 0;
          } else
            for (const unit of stream.slice(next, next + one.push)) {
              line.push(unit);
              sent.push(unit.sequence);
              next++;
            }
        }
        for (const sequence of sent) decoder.give(sequence);
        line.reset();
        expect(new Set(sequences()).size).toBe(given.length);
        expect(decoder.unreleased.size).toBe(0);
        expect(decoder.output).toEqual(sequences());
      }),
    );
  });

  it("outputs B pictures in output order, whichever order the decoder reports them in", () => {
    for (const reported of [inOrder, [0, 1, 2, 3, 4]]) {
      const { decoder, push, sequences, line } = makeLine();
      decoder.answersAtOnce = false;
      push(...withB());
      expect([line.length, line.owed, line.firstOwed]).toEqual([5, 5, { sequence: 0, group: 0 }]);
      for (const sequence of reported) expect(decoder.give(sequence)).toBe(true);
      expect(sequences()).toEqual(inOrder);
      expect([line.length, line.owed, line.firstOwed]).toEqual([0, 0, undefined]);
    }
  });

  it("outputs a picture in the call that decodes it when nothing can come before it", () => {
    const { push, given } = makeLine();
    for (const [index, unit] of group(20).entries()) {
      push(unit);
      expect(given).toHaveLength(index + 1);
    }
  });

  it("passes over a picture that the decoder does not report, with an issue", () => {
    const { decoder, push, sequences, codes, held } = makeLine();
    decoder.answersAtOnce = false;
    push(...group(4));
    for (const sequence of [0, 3]) decoder.give(sequence);
    expect(sequences()).toEqual([0, 3]);
    expect(held).toEqual([1, 2]);
    expect(codes()).toEqual(["decode-error"]);
    expect(decoder.give(1)).toBe(false);
  });

  it("does not wait for a frame that the decoder did not report when asked, but takes it if it comes before its turn", () => {
    const exact = makeLine({ order: "exact" });
    exact.decoder.missing.add(1);
    const [first, second, third] = withB() as [AccessUnit, AccessUnit, AccessUnit];
    exact.push(first, second);
    expect(exact.decoder.give(1)).toBe(true);
    exact.push(third);
    exact.line.flush();
    expect(exact.sequences()).toEqual([0, 2, 1]);

    const prompt = makeLine();
    prompt.decoder.missing.add(1);
    prompt.push(...group(3));
    expect(prompt.sequences()).toEqual([0, 2]);
    expect(prompt.decoder.give(1)).toBe(false);
    expect(prompt.codes()).toEqual(["decode-error"]);
  });

  it("does not decode what waits for a random access point", () => {
    const { decoder, push, sequences, held, codes } = makeLine();
    push(unitAt(3), unitAt(4), ...group(2, 5));
    expect(decoder.calls.filter((call) => call.startsWith("send"))).toEqual(["send 5", "send 6"]);
    expect([sequences(), held]).toEqual([
      [5, 6],
      [3, 4],
    ]);
    expect(codes()).toEqual(["before-random-access-point"]);
  });

  it("holds back what the decoder declines", () => {
    const { decoder, push, sequences, held } = makeLine();
    decoder.declined.add(1);
    push(...group(2), ...group(1, 2));
    expect([sequences(), held]).toEqual([[0, 2], [1]]);
  });

  it("sends leading pictures, but shows none; sends none to a decoder that fails at them", () => {
    const units = [
      unitAt(0, { randomAccess: "recovery-point", picture: { frameNum: 3, pictureOrderCount: 8 } }),
      unitAt(1, { picture: { frameNum: 4, pictureOrderCount: 6, reference: false, type: "B" } }),
      unitAt(2, { picture: { frameNum: 4, pictureOrderCount: 10 } }),
    ];
    for (const skipLeading of [false, true]) {
      const { decoder, push, sequences, held } = makeLine({ skipLeading });
      push(...units);
      expect(decoder.calls.includes("send 1")).toBe(!skipLeading);
      expect([sequences(), held]).toEqual([[0, 2], [1]]);
    }
  });

  it("does not wait for pictures that are left out", () => {
    const { push, sequences, held } = makeLine();
    push(
      ...withB().map(
        (unit): AccessUnit => (unit.picture.reference ? unit : { ...unit, leaveOut: "picture" }),
      ),
    );
    expect([sequences(), held]).toEqual([
      [0, 1, 3],
      [2, 4],
    ]);
  });

  it("reports a picture that comes below one already output, and does not show it", () => {
    const { push, sequences, codes } = makeLine();
    push(idr(0), unitAt(1), unitAt(2, { picture: { reference: false, pictureOrderCount: 1 } }));
    expect(sequences()).toEqual([0, 1]);
    expect(codes()).toEqual(["late-picture"]);
  });

  it("learns from late pictures, and shows the next ones like them", () => {
    const { push, sequences, codes } = makeLine();
    const leading = { pictureOrderCount: -2, reference: false, frameNum: 1 };
    for (const first of [0, 2, 4]) push(idr(first), unitAt(first + 1, { picture: leading }));
    expect(sequences()).toEqual([0, 3, 2, 5, 4]);
    expect(codes()).toEqual(["late-picture"]);
  });

  it("does not show a late picture after those that it precedes, when all are decoded again", () => {
    const { line, push, sequences } = makeLine();
    const leading = { pictureOrderCount: -2, reference: false, frameNum: 1 };
    const units = [idr(0), unitAt(1, { picture: leading }), unitAt(2, { picture: { frameNum: 1 } })];
    push(...units);
    line.reset();
    push(...units, idr(3));
    line.flush();
    expect(sequences()).toEqual([0, 2, 3]);
  });

  it("learns from one sender's pictures only", () => {
    const { push, given } = makeLine();
    push(idr(0), unitAt(1, { picture: { pictureOrderCount: -2, reference: false, frameNum: 1 } }));
    push({ ...idr(2), epoch: 1 });
    expect(given).toHaveLength(2);
  });

  it("outputs everything when the next sender begins, and starts at a random access point", () => {
    const { line, push, sequences } = makeLine({ order: "exact" });
    push(...withB().slice(0, 4));
    push(unitAt(4, { epoch: 1 }), { ...idr(5), epoch: 1 });
    expect(sequences()).toEqual([0, 2, 1, 3]);
    line.flush();
    expect(sequences()).toEqual([0, 2, 1, 3, 5]);
  });

  it("is silent while muted, and continues after a line with which it shares its history", () => {
    const outputHistory = new OutputHistory();
    const [front, spare] = [makeLine({ outputHistory }), makeLine({ outputHistory })];
    spare.line.muted = true;
    front.push(...group(2));
    spare.push(unitAt(9, { epoch: 0 }), ...group(3));
    expect([spare.sequences(), spare.codes()]).toEqual([[], []]);
    spare.line.muted = false;
    spare.line.reset();
    spare.push(...group(4));
    expect([front.sequences(), spare.sequences()]).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("lets the sink prepare a picture that must wait, but none that is not shown", () => {
    const { decoder, push, line, sequences, prepared } = makeLine({ order: "exact", prepares: true });
    decoder.damaged.add(3);
    push(...withB().slice(0, 4));
    expect(prepared).toEqual([0, 1, 2]);
    line.flush();
    expect(sequences()).toEqual([0, 2, 1]);

    const discarding = makeLine({ order: "exact", prepares: true });
    discarding.push(...withB().slice(0, 4));
    discarding.line.reset();
    expect(discarding.prepared).toEqual([]);
    expect(discarding.decoder.unreleased.size).toBe(0);
  });
});

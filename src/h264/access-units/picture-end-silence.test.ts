import { describe, expect, it } from "vitest";
import { annexB, concat, toHex } from "../../../test/support/bytes.js";
import { parameterSets, sliceNal } from "../../../test/support/h264/coded-picture.js";
import { endings, picture, receive, sendPictures } from "../../../test/support/receiving.js";
import { microseconds } from "../../core/time.js";

describe("PictureEnd: silence", () => {
  it("ends a picture long before the next one begins", () => {
    const stream = receive();
    const start = stream.clock.now();
    const silence = stream.input.statistics.silence!;
    expect(silence).toBeLessThan(5000);
    stream.send(picture(0));
    stream.clock.advance(silence / 1000 - 0.1);
    expect(stream.units.items).toEqual([]);
    stream.clock.advance(0.1);
    expect(stream.units.items).toMatchObject([
      { sequence: 0, endedBy: "silence", completeAt: start + silence },
    ]);
    stream.clock.advance(28);
    sendPictures(stream, 1, 5);
    expect(endings(stream.units)).toEqual(Array(6).fill("silence"));
    expect(stream.issues.list()).toEqual([]);
  });

  it("does not end a picture while its bytes keep coming, one at a time", () => {
    const stream = receive();
    for (const byte of picture(0, 3000)) {
      stream.send(Uint8Array.of(byte));
      stream.clock.advance(0.1);
    }
    expect(stream.units.items).toEqual([]);
    stream.clock.advance(5);
    expect(stream.units.items).toMatchObject([{ endedBy: "silence", nalUnits: [{}, {}, { type: 5 }] }]);
    expect(toHex(stream.units.items[0]!.data)).toBe(toHex(picture(0, 3000)));
    expect(stream.issues.list()).toEqual([]);
  });

  it("needs one timer at most, and none while no picture is in hand", () => {
    const stream = receive();
    const bytes = picture(0);
    stream.send(bytes.slice(0, 20));
    stream.clock.advance(1);
    expect(stream.clock.timersRunning).toBe(0);
    for (const byte of bytes.slice(20)) {
      stream.send(Uint8Array.of(byte));
      expect(stream.clock.timersRunning).toBeLessThanOrEqual(1);
    }
    expect(stream.clock.timersRunning).toBe(1);
    stream.clock.advance(10);
    expect(stream.clock.timersRunning).toBe(0);
    stream.send(picture(1));
    stream.input.close();
    expect(stream.clock.timersRunning).toBe(0);
  });

  it("inside a picture: a correction follows, and silence must last longer from then on", () => {
    const stream = receive();
    const sendWithGap = (index: number, gap: number) => {
      stream.send(picture(index).slice(0, 120));
      stream.clock.advance(gap);
      stream.send(picture(index).slice(120));
      stream.clock.advance(33 - gap);
    };
    sendWithGap(0, 5);
    const [short, whole] = stream.units.take();
    expect([short!.sequence, whole!.sequence]).toEqual([0, 0]);
    expect(short).toMatchObject({ corrects: false, endedBy: "silence" });
    expect(whole).toMatchObject({ corrects: true, endedBy: "silence" });
    expect(toHex(whole!.data)).toBe(toHex(picture(0)));
    expect(stream.issues.list()).toMatchObject([{ code: "wrong-picture-end", count: 1 }]);
    expect(stream.input.statistics.wrong).toBe(1);
    expect(stream.input.statistics.silence).toBeGreaterThan(5000);

    for (let index = 1; index < 8; index++) sendWithGap(index, 5);
    expect(stream.units.items.map(({ sequence, corrects }) => [sequence, corrects])).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((sequence) => [sequence, false]),
    );
  });

  it("lasts longer after a gap in a slice that was still too short to identify its picture", () => {
    const stream = receive();
    const before = stream.input.statistics.silence!;
    stream.send(concat(picture(0), picture(1).slice(0, 30)));
    stream.clock.advance((before * 0.9) / 1000);
    stream.send(picture(1).slice(30));
    expect(stream.input.statistics.silence).toBeGreaterThan(before);
    expect(stream.input.statistics.wrong).toBe(0);
  });

  it("is forgotten slowly when the gaps stop", () => {
    const stream = receive();
    stream.send(picture(0).slice(0, 120));
    stream.clock.advance(5);
    stream.send(picture(0).slice(120));
    stream.clock.advance(28);
    const cautious = stream.input.statistics.silence!;
    expect(cautious).toBeGreaterThan(5000);
    sendPictures(stream, 1, 3);
    expect(stream.input.statistics.silence).toBe(cautious);
    sendPictures(stream, 4, 300);
    expect(stream.input.statistics.silence).toBe(50);
  });

  it("is chosen again for each picture, by what a wrong guess would cost now", () => {
    let healCost = Number.POSITIVE_INFINITY;
    const stream = receive({ healCost: () => microseconds(healCost) });
    sendPictures(stream, 0, 2);
    healCost = 5000;
    stream.send(picture(2));
    stream.clock.advance(10);
    expect(endings(stream.units)).toEqual(["silence", "next", "silence"]);
  });

  it("ends the first picture: an IDR picture can be decoded again alone", () => {
    const stream = receive({ healCost: () => microseconds(Number.POSITIVE_INFINITY) });
    stream.send(picture(0, 40_000));
    stream.clock.advance(5);
    expect(endings(stream.units)).toEqual(["silence"]);
  });

  it("does not count the time that this thread spends on a chunk as a gap", () => {
    const stream = receive();
    sendPictures(stream, 0, 300);
    expect(stream.input.statistics.silence).toBe(50);
    const next = picture(301);
    const push = stream.units.push.bind(stream.units);
    stream.units.push = (unit) => {
      push(unit);
      stream.clock.advance(7);
    };
    stream.send(concat(picture(300), next.subarray(0, 100)));
    stream.send(next.subarray(100));
    expect(stream.input.statistics.silence).toBe(50);
    expect(stream.issues.list()).toEqual([]);
  });

  it("is longer for pictures that come in pieces, or are too long for one piece", () => {
    const stream = receive();
    sendPictures(stream, 0, 300);
    expect(stream.input.statistics.silence).toBe(50);
    stream.units.take();
    const long = picture(302, 40_000);
    const sendings = [[picture(300)], [picture(301).slice(0, 120), picture(301).slice(120)], [long]];
    for (const [index, pieces] of sendings.entries()) {
      for (const piece of pieces) {
        stream.send(piece);
        stream.clock.advance(0.03);
      }
      stream.clock.advance(0.1);
      expect(stream.units.take().length).toBe(index === 0 ? 1 : 0);
      stream.clock.advance(0.2);
      expect(endings(stream.units)).toEqual(index === 0 ? [] : ["silence"]);
      stream.units.take();
      stream.clock.advance(32);
    }
    expect(stream.input.statistics.wrong).toBe(0);
  });

  /** Four pictures, each with a gap of half a picture interval inside. */
  function sendWithWideGaps(to: ReturnType<typeof receive>) {
    for (let index = 0; index < 4; index++) {
      to.send(picture(index).slice(0, 120));
      to.clock.advance(16);
      to.send(picture(index).slice(120));
      to.clock.advance(17);
    }
  }

  it("does not end pictures whose gaps are as wide as half a picture interval", () => {
    const stream = receive();
    sendWithWideGaps(stream);
    expect(stream.input.statistics.silence).toBe(100_000);
    stream.units.take();
    sendPictures(stream, 4, 1);
    expect(endings(stream.units)).toEqual(["next"]);
  });

  it("of 100 ms ends the last picture before a pause, however wide the gaps are", () => {
    const stream = receive();
    sendWithWideGaps(stream);
    stream.units.take();
    stream.clock.advance(101);
    expect(stream.units.items).toMatchObject([{ sequence: 3, endedBy: "silence" }]);
  });

  it("is not learned from pictures that arrive late together", () => {
    const stream = receive();
    sendPictures(stream, 0, 3);
    const before = stream.input.statistics.silence!;
    stream.clock.advance(300);
    stream.send(concat(picture(3), picture(4), picture(5)));
    stream.clock.advance(33);
    expect(stream.input.statistics.silence).toBeLessThanOrEqual(before);
    expect(stream.issues.list()).toEqual([]);
  });

  it("is not learned from the delay of this thread", () => {
    const stream = receive();
    sendPictures(stream, 0, 3);
    const before = stream.input.statistics.silence!;
    stream.send(picture(3).slice(0, 120));
    const from = stream.clock.now();
    stream.clock.advance(14);
    stream.input.noteBusy(from, stream.clock.now());
    stream.send(picture(3).slice(120));
    stream.clock.advance(33);
    sendPictures(stream, 4, 1);
    expect(stream.input.statistics.silence).toBeLessThanOrEqual(before);
  });

  it("means nothing in a file", () => {
    const stream = receive({ isLive: false });
    sendPictures(stream, 0, 3);
    stream.input.close();
    expect(endings(stream.units)).toEqual(["next", "next", "end-of-input"]);
  });

  it("after a few bytes of the next picture: they are neither a picture nor damage", () => {
    const stream = receive();
    stream.send(concat(picture(0), picture(1).slice(0, 6)));
    stream.clock.advance(5);
    expect(stream.units.take()).toMatchObject([{ sequence: 0, corrects: false }]);
    stream.send(picture(1).slice(6));
    stream.clock.advance(28);
    expect(stream.units.take()).toMatchObject([{ sequence: 1, corrects: false, discontinuity: false }]);
    expect(stream.issues.list()).toEqual([]);
  });

  it("does not end a parameter set or SEI that has not come whole", () => {
    const stream = receive();
    sendPictures(stream, 0, 2);
    stream.units.take();
    const next = annexB(...parameterSets(), sliceNal({ idr: true, payload: 60 }));
    stream.send(next.slice(0, 9));
    stream.clock.advance(20);
    stream.send(next.slice(9));
    stream.clock.advance(20);
    expect(stream.units.items.map(({ data, corrects }) => [toHex(data), corrects])).toEqual([
      [toHex(next), false],
    ]);
    expect(stream.issues.list()).toEqual([]);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { annexB, concat, cut, toHex } from "../../test/support/bytes.js";
import { parameterSets, sliceNal } from "../../test/support/coded-picture.js";
import { codedStream } from "../../test/support/coded-stream.js";
import { CollectingSink } from "../../test/support/collecting-sink.js";
import { FakeClock } from "../../test/support/fake-clock.js";
import type { Framing } from "../core/chunk.js";
import { IssueCounter } from "../core/issues.js";
import { microseconds } from "../core/time.js";
import type { AccessUnit } from "./access-unit.js";
import type { PictureEndOptions } from "./picture-end.js";
import { receiveAccessUnits } from "./receive-access-units.js";

function receive(options: PictureEndOptions = {}) {
  const units = new CollectingSink<AccessUnit>();
  const issues = new IssueCounter();
  const clock = new FakeClock();
  const { input } = receiveAccessUnits(units, clock, issues, options);
  return {
    units,
    issues,
    clock,
    input,
    send: (data: Uint8Array, framing: Framing = "none") =>
      input.push({ data, receivedAt: clock.now(), framing }),
  };
}

/** A picture of `bytes` slice data bytes in one slice; the first is an IDR picture with its parameter sets. */
function picture(index: number, bytes = 200): Uint8Array {
  if (index === 0) return annexB(...parameterSets(), sliceNal({ idr: true, payload: bytes }));
  return annexB(sliceNal({ frameNum: index, picOrderCntLsb: index * 2, payload: bytes }));
}

const endings = (units: CollectingSink<AccessUnit>) => units.take().map(({ endedBy }) => endedBy);

/** Sends pictures of one chunk each, 30 a second. */
function sendPictures(
  to: ReturnType<typeof receive>,
  from: number,
  count: number,
  framing: Framing = "none",
) {
  for (let index = from; index < from + count; index++) {
    to.send(picture(index), framing);
    to.clock.advance(33);
  }
}

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

  it("does not end a picture whose bytes keep coming, one at a time", () => {
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

  it("runs one timer at most, and none when there is nothing to end", () => {
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

  it("inside a picture: the whole follows with the same number, and silence must last longer from then on", () => {
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

  it("lasts longer after a gap that came before the picture could be told from the one before it", () => {
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

  it("is chosen anew for each picture: where the one before could not be healed, this does not wait as long", () => {
    let healCost = Number.POSITIVE_INFINITY;
    const stream = receive({ healCost: () => microseconds(healCost) });
    sendPictures(stream, 0, 2);
    healCost = 5000;
    stream.send(picture(2));
    stream.clock.advance(10);
    expect(endings(stream.units)).toEqual(["silence", "next", "silence"]);
  });

  it("ends the first picture, before which nothing was learned: an IDR picture would be decoded again alone", () => {
    const stream = receive({ healCost: () => microseconds(Number.POSITIVE_INFINITY) });
    stream.send(picture(0, 40_000));
    stream.clock.advance(5);
    expect(endings(stream.units)).toEqual(["silence"]);
  });

  it("does not count the time that this thread takes for a chunk as a gap after it", () => {
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

  it("is longer for pictures that come in pieces, or are too long to come in one", () => {
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

  it("is not used where gaps inside pictures are as wide as half the time between pictures", () => {
    const stream = receive();
    for (let index = 0; index < 4; index++) {
      stream.send(picture(index).slice(0, 120));
      stream.clock.advance(16);
      stream.send(picture(index).slice(120));
      stream.clock.advance(17);
    }
    expect(stream.input.statistics.silence).toBe(100_000);
    stream.units.take();
    sendPictures(stream, 4, 1);
    expect(endings(stream.units)).toEqual(["next"]);
  });

  it("of a tenth of a second ends the last picture before a pause, whatever gaps there were", () => {
    const stream = receive();
    for (let index = 0; index < 4; index++) {
      stream.send(picture(index).slice(0, 120));
      stream.clock.advance(16);
      stream.send(picture(index).slice(120));
      stream.clock.advance(17);
    }
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

  it("is not learned from the delay of this thread itself", () => {
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

  it("says nothing in a file", () => {
    const stream = receive({ isLive: false });
    sendPictures(stream, 0, 3);
    stream.input.close();
    expect(endings(stream.units)).toEqual(["next", "next", "end-of-input"]);
  });

  it("after a few bytes of the next picture: these are neither a picture nor damage", () => {
    const stream = receive();
    stream.send(concat(picture(0), picture(1).slice(0, 6)));
    stream.clock.advance(5);
    expect(stream.units.take()).toMatchObject([{ sequence: 0, corrects: false }]);
    stream.send(picture(1).slice(6));
    stream.clock.advance(28);
    expect(stream.units.take()).toMatchObject([{ sequence: 1, corrects: false, discontinuity: false }]);
    expect(stream.issues.list()).toEqual([]);
  });

  it("says nothing of a parameter set or SEI that has not all come", () => {
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

describe("PictureEnd: framing", () => {
  it("of messages is trusted when three have ended a picture", () => {
    const stream = receive();
    sendPictures(stream, 0, 6, "message");
    expect(endings(stream.units)).toEqual([
      "silence",
      "silence",
      "silence",
      "transport",
      "transport",
      "transport",
    ]);
    expect(stream.input.statistics).toMatchObject({ framingTrusted: true, byTransport: 3, bySilence: 3 });
  });

  it("ends a picture in the very call that brought it", () => {
    const stream = receive();
    sendPictures(stream, 0, 4, "message");
    stream.units.take();
    stream.send(picture(4), "message");
    expect(stream.units.items).toMatchObject([{ sequence: 4, completeAt: stream.clock.now() }]);
  });

  it("is learned from pictures of a few bytes too", () => {
    const stream = receive();
    for (let index = 0; index < 12; index++) {
      stream.send(picture(index, 5), "message");
      stream.clock.advance(33);
    }
    expect(stream.input.statistics.framingTrusted).toBe(true);
    expect(stream.issues.list()).toEqual([]);
  });

  it("is not dropped for pictures of a few bytes", () => {
    const stream = receive();
    sendPictures(stream, 0, 5, "message");
    stream.units.take();
    for (let index = 5; index < 20; index++) {
      stream.send(picture(index, index % 3 === 0 ? 200 : 5), "message");
      stream.clock.advance(33);
    }
    expect(endings(stream.units)).toEqual(Array(15).fill("transport"));
    expect(stream.issues.list()).toEqual([]);
  });

  it("is dropped at the first violation, and takes longer to be trusted again", () => {
    const stream = receive();
    sendPictures(stream, 0, 5, "message");
    stream.units.take();
    stream.send(picture(5).slice(0, 150), "message");
    stream.send(picture(5).slice(150), "message");
    stream.clock.advance(33);
    expect(stream.units.take()).toMatchObject([
      { sequence: 5, endedBy: "transport", corrects: false },
      { sequence: 5, endedBy: "silence", corrects: true },
    ]);
    expect(stream.issues.list()).toMatchObject([{ code: "framing-violated" }, { code: "wrong-picture-end" }]);
    expect(stream.input.statistics.framingTrusted).toBe(false);

    sendPictures(stream, 6, 11, "message");
    expect(stream.input.statistics.framingTrusted).toBe(false);
    sendPictures(stream, 17, 3, "message");
    expect(stream.input.statistics.framingTrusted).toBe(true);
  });

  /** Pictures of two slices, each in a message of its own. */
  function sendSlices(to: ReturnType<typeof receive>, count: number, payload: number) {
    to.send(annexB(...parameterSets()), "message");
    for (let index = 0; index < count; index++) {
      const slice = { frameNum: index, picOrderCntLsb: index * 2, payload, idr: index === 0 };
      to.send(annexB(sliceNal(slice)), "message");
      to.send(annexB(sliceNal({ ...slice, firstMbInSlice: 150 })), "message");
      to.clock.advance(33);
    }
  }

  it("of messages that hold a slice each is never trusted", () => {
    const stream = receive();
    sendSlices(stream, 20, 100);
    expect(stream.input.statistics).toMatchObject({ framingTrusted: false, wrong: 0 });
    expect(stream.units.items.map(({ picture }) => picture.sliceCount)).toEqual(Array(20).fill(2));
  });

  it("of messages that hold a slice of a few bytes each is trusted ever more rarely", () => {
    const stream = receive();
    sendSlices(stream, 500, 5);
    expect(stream.input.statistics.wrong).toBeLessThanOrEqual(4);
    expect(stream.issues.count("framing-violated")).toBe(stream.input.statistics.wrong);
    const last = new Map(stream.units.items.map((unit) => [unit.sequence, unit.picture.sliceCount]));
    expect([...last.values()]).toEqual(Array(500).fill(2));
  });

  it("of datagrams: one shorter than the largest ends a picture", () => {
    const stream = receive();
    for (let index = 0; index < 8; index++) {
      for (const datagram of cut(picture(index, 300), [140])) stream.send(datagram, "datagram");
      stream.clock.advance(33);
    }
    expect(endings(stream.units).slice(3)).toEqual(Array(5).fill("transport"));

    // The last datagram is as large as any: silence has to tell.
    const full = picture(8, 300);
    expect(full.length).toBeGreaterThan(280);
    for (const datagram of cut(picture(8, 280 - (full.length - 300)), [140]))
      stream.send(datagram, "datagram");
    stream.clock.advance(33);
    expect(endings(stream.units)).toEqual(["silence"]);
  });

  it("says nothing where the cuts mean nothing", () => {
    const stream = receive();
    sendPictures(stream, 0, 20, "none");
    expect(stream.input.statistics).toMatchObject({ framingTrusted: false, byTransport: 0 });
  });
});

describe("PictureEnd: the sender's connection", () => {
  it("ends what is here, and the next one starts with what was learned", () => {
    const stream = receive();
    sendPictures(stream, 0, 5, "message");
    stream.send(picture(5));
    stream.input.endOfInput();
    expect(stream.units.take().at(-1)).toMatchObject({ sequence: 5, epoch: 0, endedBy: "end-of-input" });
    stream.clock.advance(60_000);
    stream.send(picture(0), "message");
    expect(stream.units.take()).toMatchObject([{ sequence: 6, epoch: 1, endedBy: "transport" }]);
    expect(stream.issues.list()).toEqual([]);
  });

  it("closes the next stage with the reason it ended for", () => {
    const stream = receive();
    stream.send(picture(0));
    const reason = new Error("reset by peer");
    stream.input.close(reason);
    expect(stream.units).toMatchObject({ items: [{ endedBy: "end-of-input" }], closed: true, reason });
  });
});

describe("PictureEnd: whatever the timing and the cuts", () => {
  /** All that an access unit says, except of time and of how its end was told. */
  function content({ firstByteAt, lastByteAt, completeAt, endedBy, corrects, data, ...rest }: AccessUnit) {
    return { ...rest, parameterSets: toHex(rest.parameterSets), data: toHex(data) };
  }

  const gap = fc.constantFrom(0, 0, 0, 0, 0.05, 0.3, 0.7, 1, 2.5, 5, 12, 33, 150);
  const framing = fc.constantFrom<Framing>("none", "message", "datagram");
  const chunkSizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 250 })), {
    minLength: 1,
    maxLength: 30,
  });

  it("the last version of each access unit is that of an uncut stream", () => {
    fc.assert(
      fc.property(
        codedStream,
        chunkSizes,
        fc.array(gap, { minLength: 1, maxLength: 30 }),
        framing,
        (bytes, sizes, gaps, framing) => {
          const uncut = receive();
          uncut.send(bytes);
          uncut.input.close();

          const stream = receive();
          cut(bytes, sizes).forEach((chunk, index) => {
            stream.clock.advance(gaps[index % gaps.length]!);
            stream.send(chunk, framing);
          });
          stream.input.close();

          const versions = stream.units.items;
          const last = new Map(versions.map((unit) => [unit.sequence, unit]));
          expect([...last.values()].map(content)).toEqual(uncut.units.items.map(content));
          // Numbers only ever go up; a correction follows what it corrects directly.
          versions.forEach((unit, index) => {
            const before = versions[index - 1]?.sequence ?? -1;
            expect(unit.sequence).toBe(unit.corrects ? before : before + 1);
            expect(unit.completeAt).toBeGreaterThanOrEqual(unit.lastByteAt);
            expect(unit.lastByteAt).toBeGreaterThanOrEqual(unit.firstByteAt);
          });
          const allowed = ["wrong-picture-end", "framing-violated"];
          expect(stream.issues.list().filter(({ code }) => !allowed.includes(code))).toEqual([]);
          expect(stream.clock.timersRunning).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("no bytes at all make it throw or wait for ever", () => {
    const noise = fc.array(fc.constantFrom(0, 0, 0, 1, 1, 5, 6, 0x41, 0x65, 0x67, 0x68, 0x80, 0xff), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(noise, codedStream, chunkSizes, gap, framing, (noise, sound, sizes, gap, framing) => {
        const stream = receive();
        const bytes = concat(sound, Uint8Array.from(noise), sound);
        for (const chunk of cut(bytes, sizes)) {
          stream.send(chunk, framing);
          stream.clock.advance(gap);
        }
        stream.clock.advance(5000);
        expect(stream.clock.timersRunning).toBe(0);
        stream.input.close();
        expect(stream.units.closed).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

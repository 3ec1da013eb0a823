import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, cut, toHex } from "../../../test/support/bytes.js";
import { codedStream } from "../../../test/support/h264/coded-stream.js";
import { picture, receive, sendPictures } from "../../../test/support/receiving.js";
import type { Framing } from "../../core/chunk.js";
import type { AccessUnit } from "../access-unit.js";

describe("PictureEnd: the sender's connection", () => {
  it("ends the picture in hand, and what was learned stays for the next connection", () => {
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

  it("closes the next stage with the reason of its end", () => {
    const stream = receive();
    stream.send(picture(0));
    const reason = new Error("reset by peer");
    stream.input.close(reason);
    expect(stream.units).toMatchObject({ items: [{ endedBy: "end-of-input" }], closed: true, reason });
  });
});

describe("PictureEnd: whatever the timing and the cuts", () => {
  /** An access unit without its times and how its end was known. */
  function content({ firstByteAt, lastByteAt, completeAt, endedBy, corrects, data, ...rest }: AccessUnit) {
    return { ...rest, parameterSets: toHex(rest.parameterSets), data: toHex(data) };
  }

  const gap = fc.constantFrom(0, 0, 0, 0, 0.05, 0.3, 0.7, 1, 2.5, 5, 12, 33, 150);
  const framing = fc.constantFrom<Framing>("none", "message", "datagram");
  const chunkSizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 250 })), {
    minLength: 1,
    maxLength: 30,
  });

  it("the last version of each access unit equals that of an uncut stream", () => {
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
          // Numbers only rise, and a correction directly follows what it corrects.
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

  it("no bytes make it throw or wait without end", () => {
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

import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { concat } from "../support/bytes.js";
import {
  clip,
  heavy,
  invalidArgument,
  LiveDecoder,
  lookAtAll,
  md5sOf,
  numbersOf,
  randomCuts,
  readNumber,
  reference,
  small,
  smallWithB,
  upTo,
} from "./stream-kit.js";

describe("a LiveDecoder", () => {
  it.each([
    ["cut at random", (bytes: Uint8Array) => randomCuts(bytes, 700)],
    ["of one byte", (bytes: Uint8Array) => randomCuts(bytes, 1)],
    ["all at once", (bytes: Uint8Array) => [bytes]],
  ])("gives every picture of bytes %s", async (_how, pieces) => {
    for (const options of [small, smallWithB]) {
      const source = await clip(options);
      const decoder = new LiveDecoder({ delivery: "every" });
      for (const piece of pieces(source.bytes)) decoder.write(piece);
      decoder.end();
      expect(md5sOf(await lookAtAll(decoder))).toEqual(await reference(source));
    }
  });

  it("gives every picture of messages, one picture each, some each or in pieces", async () => {
    const source = await clip(smallWithB);
    const expected = await reference(source);
    const several = upTo(11).map((at) => concat(...source.units.slice(at * 3, at * 3 + 3)));
    for (const messages of [source.units, several, randomCuts(source.bytes, 1400)]) {
      const decoder = new LiveDecoder({ delivery: "every" });
      for (const message of messages) decoder.writeMessage(message);
      decoder.end();
      expect(md5sOf(await lookAtAll(decoder))).toEqual(expected);
    }
  });

  it("gives a picture as soon as its message has come, once it knows that messages are pictures", async () => {
    const { units } = await clip(small);
    const decoder = new LiveDecoder();
    for (const unit of units.slice(0, 10)) decoder.writeMessage(unit);
    const frames = decoder[Symbol.asyncIterator]();
    for (let { value } = await frames.next(); readNumber(value) < 9; { value } = await frames.next());
    decoder.writeMessage(units[10]!);
    expect(readNumber((await frames.next()).value)).toBe(10);
    await decoder.close();
  });

  it("copies what is written: the program may use its buffer again", async () => {
    const source = await clip(small);
    const decoder = new LiveDecoder({ delivery: "every" });
    const buffer = Buffer.alloc(700);
    for (const piece of randomCuts(source.bytes, 700)) {
      buffer.set(piece);
      decoder.write(buffer.subarray(0, piece.length));
      buffer.fill(0xee);
    }
    decoder.end();
    expect(md5sOf(await lookAtAll(decoder))).toEqual(await reference(source));
  });

  it("makes the writer wait while many bytes are not consumed, and says when to continue", async () => {
    const { bytes } = await clip(heavy);
    const decoder = new LiveDecoder({ delivery: "every" });
    // Nobody takes frames: at some time no more bytes are taken in.
    for (let isWaiting = false, written = 0; !isWaiting; written++) {
      expect(written).toBeLessThan(100);
      if (decoder.write(bytes)) continue;
      isWaiting = await Promise.race([decoder.drained().then(() => false), delay(300, true)]);
    }
    let isDrained = false;
    void decoder.drained().then(() => {
      isDrained = true;
    });
    for await (const _ of decoder) if (isDrained) break;
    expect(isDrained).toBe(true);
  });

  it("does not make a writer wait for a loop that was left", async () => {
    const { bytes } = await clip(small);
    const decoder = new LiveDecoder({ delivery: "every" });
    decoder.write(bytes);
    for await (const _ of decoder) break;
    for (let round = 0; round < 300; round++) {
      decoder.write(bytes);
      await decoder.drained();
    }
    decoder.end();
  });

  it("ends its waiting loop on close()", async () => {
    const decoder = new LiveDecoder();
    const seen = lookAtAll(decoder);
    await decoder.close();
    expect(await seen).toEqual([]);
    await decoder.close();
  });

  it("counts what it was given", async () => {
    const { bytes } = await clip(small);
    const decoder = new LiveDecoder({ delivery: "every" });
    decoder.write(bytes);
    decoder.end();
    await lookAtAll(decoder);
    expect(await decoder.statistics()).toMatchObject({
      receivedBytes: bytes.length,
      pictures: 40,
      issues: [],
    });
  });

  it("reports damage, shows whole pictures only, and continues at the next random access point", async () => {
    const source = await clip(small);
    const issues = new Set<string>();
    const decoder = new LiveDecoder({ delivery: "every", onIssue: (code) => issues.add(code) });
    decoder.write(concat(...source.units.filter((_, index) => index !== 5)));
    decoder.end();
    const seen = await lookAtAll(decoder);
    expect(numbersOf(seen)).toEqual([...upTo(5), ...upTo(20).map((index) => 20 + index)]);
    const expected = await reference(source);
    for (const { number, md5 } of seen) expect(md5).toBe(expected[number]);
    expect([...issues]).toEqual(["frame-num-gap", "held-back"]);
  });

  it("shows damaged pictures when asked to", async () => {
    const { units } = await clip(small);
    const decoder = new LiveDecoder({ delivery: "every", showDamaged: true });
    decoder.write(concat(...units.filter((_, index) => index !== 5)));
    decoder.end();
    expect(await lookAtAll(decoder)).toHaveLength(39);
  });

  it("after damage inside a slice shows no wrong picture", async () => {
    const source = await clip(small);
    const expected = await reference(source);
    for (const broken of [1, 3, 7, 12]) {
      const decoder = new LiveDecoder({ delivery: "every" });
      const units = source.units.map((unit, at) =>
        at === broken ? unit.subarray(0, unit.length / 2) : unit,
      );
      decoder.write(concat(...units));
      decoder.end();
      const seen = await lookAtAll(decoder);
      for (const { number, md5 } of seen) expect(md5).toBe(expected[number]);
      expect(numbersOf(seen)).toEqual([...upTo(broken), ...upTo(20).map((index) => 20 + index)]);
    }
  });

  it("closes the iteration with an error when no byte was H.264", async () => {
    const decoder = new LiveDecoder();
    decoder.write(Buffer.from("Dear reader, this is no video.\n".repeat(30)));
    decoder.end();
    await expect(lookAtAll(decoder)).rejects.toMatchObject({
      code: "NALIVE_NOT_H264",
      message: expect.stringContaining("looks like text"),
    });
  });

  it("names the container in which it found start codes and no whole picture", async () => {
    const stream = concat(...(await clip("size=128x96&frames=20&gop=10&bitrate=400k")).units);
    const decoder = new LiveDecoder();
    for (let at = 0; at + 184 <= stream.length; at += 184)
      decoder.write(concat(new Uint8Array([0x47, 1, 0, 0x10]), stream.subarray(at, at + 184)));
    decoder.end();
    await expect(lookAtAll(decoder)).rejects.toMatchObject({
      code: "NALIVE_NO_PICTURE",
      message: expect.stringMatching(/[1-9]\d* coded pictures\): it looks like an MPEG transport stream/),
    });
  });

  it("ends without frames when nothing was written", async () => {
    const decoder = new LiveDecoder();
    decoder.write(new Uint8Array(0));
    decoder.end();
    decoder.end();
    expect(await lookAtAll(decoder)).toEqual([]);
  });

  it("refuses what is not bytes", async () => {
    const decoder = new LiveDecoder();
    for (const value of ["abc", 5, null, undefined]) {
      expect(() => decoder.write(value as never)).toThrow(invalidArgument);
      expect(() => decoder.writeMessage(value as never)).toThrow(/expected a Uint8Array or Buffer/);
    }
    expect(() => decoder.write(new ArrayBuffer(4) as never)).toThrow(invalidArgument);
    await decoder.close();
  });

  it("takes messages in every form that ws has", async () => {
    const source = await clip(small);
    const decoder = new LiveDecoder({ delivery: "every" });
    for (const [at, unit] of source.units.entries()) {
      if (at % 3 === 0) decoder.writeMessage(Buffer.from(unit));
      else if (at % 3 === 1) decoder.writeMessage(new Uint8Array(unit).buffer as ArrayBuffer);
      else decoder.writeMessage([Buffer.from(unit.subarray(0, 50)), Buffer.from(unit.subarray(50))]);
    }
    decoder.end();
    expect(md5sOf(await lookAtAll(decoder))).toEqual(await reference(source));
  });

  it("refuses bytes after end() and close()", async () => {
    const decoder = new LiveDecoder();
    decoder.end();
    expect(() => decoder.write(new Uint8Array(1))).toThrow(invalidArgument);
    await decoder.close();
    expect(() => decoder.write(new Uint8Array(1))).toThrow(/after end\(\) or close\(\)/);
  });

  it("refuses wrong options", () => {
    expect(() => new LiveDecoder({ format: "yuyv" as never })).toThrow(/format was "yuyv"/);
  });
});

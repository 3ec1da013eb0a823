import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf } from "../../../test/support/h264/slice-data/bins.js";
import { CabacEncoder } from "../../../test/support/h264/slice-data/cabac-encoder.js";
import { initialValues } from "../../../test/support/h264/slice-data/cabac-tables.js";
import { CabacDecoder } from "./cabac-decoder.js";

/** A decoder of an I slice at SliceQPY 26 at the first of these bits. */
function decoderOf(bits: string): CabacDecoder {
  const decoder = new CabacDecoder();
  decoder.start(bytesOf(Array.from(bits.replaceAll(" ", ""), Number)), 0, undefined, 26, false);
  return decoder;
}

/** Nine bits, as codIOffset starts. */
const offset = (value: number) => value.toString(2).padStart(9, "0");

const context = fc.constantFrom(...initialValues(0).keys());
const bin = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("decision" as const), context, value: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("bypass" as const), value: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("terminate" as const), value: fc.constant(0) }) },
);

describe("CabacDecoder", () => {
  it("reads what the encoder of 9.3.4 wrote, and ends at rbsp_stop_one_bit (9.3.3.2.4)", () => {
    const qp = fc.integer({ min: 0, max: 51 });
    fc.assert(
      fc.property(
        fc.array(bin, { maxLength: 400 }),
        fc.nat(2),
        qp,
        fc.nat(7),
        (bins, idc, sliceQp, start) => {
          const encoder = new CabacEncoder(idc, sliceQp);
          for (const each of bins) {
            if (each.kind === "decision") encoder.decision(each.context, each.value);
            else encoder[each.kind](each.value);
          }
          encoder.terminate(1);
          const before = Array.from({ length: start * 8 }, () => 1);
          const decoder = new CabacDecoder();
          decoder.start(bytesOf([...before, ...encoder.bits, 1]), start, idc, sliceQp, true);
          for (const each of bins) {
            const value = each.kind === "decision" ? decoder.decision(each.context) : decoder[each.kind]();
            expect(value).toBe(each.value);
          }
          expect(decoder.terminate()).toBe(1);
          expect(decoder.position).toBe(start * 8 + encoder.bits.length + 1);
        },
      ),
    );
  });

  it("tables 9-44 and 9-45: every pStateIdx with every qCodIRangeIdx", () => {
    // One context after the other is driven into one state after the other, while the range
    // changes.
    const encoder = new CabacEncoder(undefined, 26);
    const bins: [context: number, value: number][] = [];
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 16) % below;
    };
    for (let run = 0; run < 3000; run++) {
      const ctxIdx = 60 + random(200);
      const value = random(2);
      for (let times = random(70); times > 0; times--) bins.push([ctxIdx, random(16) ? value : 1 - value]);
    }
    for (const [ctxIdx, value] of bins) encoder.decision(ctxIdx, value);
    encoder.terminate(1);
    const decoder = new CabacDecoder();
    decoder.start(bytesOf([...encoder.bits, 1]), 0, undefined, 26, false);
    expect(bins.map(([ctxIdx]) => decoder.decision(ctxIdx))).toEqual(bins.map(([, value]) => value));
  });

  it("9.3.1.2: initialisation reads 9 bits, codIRange is 510", () => {
    expect(decoderOf(offset(0)).position).toBe(9);
    expect(decoderOf(`${offset(254)} 1`).bypass()).toBe(0);
    expect(decoderOf(`${offset(255)} 0`).bypass()).toBe(1);
  });

  it("9.3.3.2.1: below codIRange - codIRangeLPS comes valMPS, and no bit is read while the range is 256 or more", () => {
    // ctxIdx 60 starts in state 22 with valMPS 0: rangeTabLPS[22][3] is 76, the range becomes 434.
    const decoder = decoderOf(offset(433));
    expect(decoder.decision(60)).toBe(0);
    expect(decoder.position).toBe(9);
    expect(decoder.bypass()).toBe(1);
  });

  it("9.3.3.2.1: from there on comes the other value, and the range is shifted to 256 or more (9.3.3.2.2)", () => {
    const decoder = decoderOf(`${offset(434)} 00`);
    expect(decoder.decision(60)).toBe(1);
    expect(decoder.position).toBe(11);
    // The range is 304 now, pStateIdx 18: rangeTabLPS[18][0] is 56, and 248 is doubled.
    expect(decoder.decision(60)).toBe(0);
    expect(decoder.position).toBe(12);
  });

  it("9.3.3.2.3: a bypass bin reads one bit and leaves the range", () => {
    const decoder = decoderOf(`${offset(300)} 0 1 1`);
    // 600 - 510, 2 * 90 + 1, 2 * 181 + 1.
    expect([decoder.bypass(), decoder.bypass(), decoder.bypass()]).toEqual([1, 0, 0]);
    expect(decoder.position).toBe(12);
  });

  it("9.3.3.2.4: the range is 2 less before termination; a 1 reads nothing more", () => {
    const last = decoderOf(offset(508));
    expect(last.terminate()).toBe(1);
    expect(last.position).toBe(9);
    const other = decoderOf(offset(507));
    expect(other.terminate()).toBe(0);
    expect(other.position).toBe(9);
    expect(other.terminate()).toBe(1);
  });

  it("9.3.3.2.4: after a 0 the range is shifted to 256 or more", () => {
    const decoder = decoderOf(`${offset(253)} 0`);
    // Each takes 2 off the range: it is left as it is down to 256, and 254 is doubled.
    for (let times = 0; times < 127; times++) expect(decoder.terminate()).toBe(0);
    expect(decoder.position).toBe(9);
    expect(decoder.terminate()).toBe(0);
    expect(decoder.position).toBe(10);
    // codIOffset is 506 now: as large as the range 508 will be before the next one.
    expect(decoder.terminate()).toBe(1);
  });

  it("7.3.5, 9.3.1.2: after the samples of an I_PCM macroblock the engine starts anew, contexts stay", () => {
    const encoder = new CabacEncoder(undefined, 26);
    const bins = [1, 1, 0, 1, 1, 1, 0, 1];
    for (const value of bins) encoder.decision(70, value);
    encoder.terminate(1);
    encoder.pcm([0xff, 0x00], [0x7f], [8, 8], 0);
    for (const value of bins) encoder.decision(70, value);
    encoder.terminate(1);
    const decoder = new CabacDecoder();
    decoder.start(bytesOf([...encoder.bits, 1]), 0, undefined, 26, false);
    for (const value of bins) expect(decoder.decision(70)).toBe(value);
    expect(decoder.terminate()).toBe(1);
    decoder.skipPcmSamples(3);
    for (const value of bins) expect(decoder.decision(70)).toBe(value);
    expect(decoder.terminate()).toBe(1);
    expect(decoder.position).toBe(encoder.bits.length + 1);
  });

  it("7.3.5: pcm_alignment_zero_bit fills the byte in which mb_type ended", () => {
    // Nine bits and 6 of mb_type I_PCM are read: samples follow at bit 16, the engine starts after
    // them.
    for (const skipped of [0, 1, 5]) {
      const decoder = decoderOf(offset(508));
      expect(decoder.terminate()).toBe(1);
      decoder.skipPcmSamples(skipped);
      expect(decoder.position).toBe(16 + skipped * 8 + 9);
    }
  });
});

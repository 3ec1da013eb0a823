import { BitstreamError } from "../../src/core/errors.js";
import type { NalUnit } from "../../src/h264/syntax/nal-unit.js";
import { hasSliceHeader, NalUnitType } from "../../src/h264/syntax/nal-unit.js";
import type { ParameterSets } from "../../src/h264/syntax/parameter-sets.js";
import { parsePictureParameterSet } from "../../src/h264/syntax/picture-parameter-set.js";
import { RbspReader, removeEmulationPrevention } from "../../src/h264/syntax/rbsp-reader.js";
import { parseSequenceParameterSet } from "../../src/h264/syntax/sequence-parameter-set.js";
import { parseSliceHeader } from "../../src/h264/syntax/slice-header.js";
import { concat } from "../support/bytes.js";
import { addEmulationPrevention, BitWriter } from "../support/h264/bit-writer.js";

/** A syntax element, and the bits of the RBSP that hold it. */
export interface Field {
  readonly element: string;
  readonly kind: "u" | "flag" | "ue" | "se";
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

/** What a NAL unit holds, as far as the project's own parsers could read it. */
export interface FieldTrace {
  readonly fields: readonly Field[];
  /**
   * Where a slice's data begin, bits of the RBSP; undefined when it is no slice or the header was
   * not read to its end.
   */
  readonly sliceData: { readonly from: number; readonly cabac: boolean } | undefined;
}

/** Reads an SPS, a PPS or a slice header and notes which bits hold which syntax element. */
export function traceFields(nal: NalUnit, sets: ParameterSets): FieldTrace {
  const fields: Field[] = [];
  let sliceData: FieldTrace["sliceData"];
  const stop = record(fields);
  try {
    if (nal.type === NalUnitType.sequenceParameterSet) parseSequenceParameterSet(nal.data);
    else if (nal.type === NalUnitType.pictureParameterSet) {
      parsePictureParameterSet(nal.data, (id) => sets.sps(id));
    } else if (hasSliceHeader(nal.type)) {
      const header = parseSliceHeader(nal, sets);
      sliceData = { from: fields.at(-1)!.to, cabac: header.pps.entropyCodingModeFlag };
    }
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
  } finally {
    stop();
  }
  return { fields, sliceData };
}

/**
 * The reader's methods are wrapped while a NAL unit is traced: the parsers themselves say what they
 * read.
 */
function record(fields: Field[]): () => void {
  const prototype = RbspReader.prototype;
  const { u, flag, ue, se } = prototype;
  const note = (reader: RbspReader, kind: Field["kind"], element: string, read: () => number | boolean) => {
    const from = reader.bitOffset;
    const value = read();
    fields.push({ element, kind, value: Number(value), from, to: reader.bitOffset });
    return value;
  };
  prototype.u = function (bits, element, ...rest) {
    return note(this, "u", element, () => u.call(this, bits, element, ...rest)) as number;
  };
  prototype.flag = function (element, clause) {
    return note(this, "flag", element, () => flag.call(this, element, clause)) as boolean;
  };
  prototype.ue = function (element, ...rest) {
    return note(this, "ue", element, () => ue.call(this, element, ...rest)) as number;
  };
  prototype.se = function (element, ...rest) {
    return note(this, "se", element, () => se.call(this, element, ...rest)) as number;
  };
  return () => Object.assign(prototype, { u, flag, ue, se });
}

/** The NAL unit with another value in one of its fields; the data of a CABAC slice stay aligned. */
export function withField(nal: NalUnit, { sliceData }: FieldTrace, field: Field, value: number): Uint8Array {
  const rbsp = removeEmulationPrevention(nal.data);
  const head = new BitWriter();
  copyBits(rbsp, 0, field.from, head);
  if (field.kind === "ue") head.ue(value);
  else if (field.kind === "se") head.se(value);
  else head.u(field.to - field.from, value);
  if (!sliceData?.cabac) {
    const end = endOfContent(rbsp);
    copyBits(rbsp, field.to, Math.max(field.to, end), head);
    return head.trailing().nal(nal.data[0]!);
  }
  copyBits(rbsp, field.to, sliceData.from, head);
  // cabac_alignment_one_bit
  while (head.length % 8 !== 0) head.u(1, 1);
  const data = rbsp.subarray(Math.ceil(sliceData.from / 8));
  return Uint8Array.from([nal.data[0]!, ...addEmulationPrevention(concat(head.bytes(), data))]);
}

function copyBits(rbsp: Uint8Array, from: number, to: number, writer: BitWriter): void {
  for (let bit = from; bit < to; bit++) writer.u(1, ((rbsp[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
}

/** Position of rbsp_stop_one_bit. */
function endOfContent(rbsp: Uint8Array): number {
  let last = rbsp.length - 1;
  while (last >= 0 && rbsp[last] === 0) last--;
  if (last < 0) return 0;
  let bit = 7;
  while (((rbsp[last]! >> (7 - bit)) & 1) === 0) bit--;
  return last * 8 + bit;
}

import { BitstreamError } from "../../src/core/errors.js";
import { IssueCounter } from "../../src/core/issues.js";
import { microseconds } from "../../src/core/time.js";
import { AnnexBParser } from "../../src/h264/access-units/annex-b-parser.js";
import { hasSliceHeader } from "../../src/h264/syntax/nal-unit.js";
import { ParameterSets } from "../../src/h264/syntax/parameter-sets.js";
import { recoveryPointSei } from "../support/h264/coded-picture.js";
import { nalUnit } from "../support/h264/h264-syntax.js";
import type { Random } from "../support/random.js";
import { type Field, traceFields, withField } from "./fields.js";

/** NAL units in stream order, header byte first. */
export type NalUnits = readonly Uint8Array[];

type SyntaxMutation = (nals: NalUnits, random: Random, other: NalUnits) => NalUnits;

/** More would only make an input slow. */
const largestInput = 4 * 1024 * 1024;

/** Cuts a byte stream into NAL units. */
export function splitNalUnits(bytes: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  const sink = {
    begin() {},
    push: ({ data }: { data: Uint8Array }) => void nals.push(data.slice()),
    close() {},
  };
  const parser = new AnnexBParser(sink, new IssueCounter());
  parser.push({ data: bytes, receivedAt: microseconds(0), framing: "none" });
  parser.close();
  return nals;
}

/** What finds most comes more than once. */
const mutations: readonly SyntaxMutation[] = [
  changeField,
  changeField,
  changeField,
  changeField,
  changeFieldEverywhere,
  changeFieldEverywhere,
  changeHeader,
  changeHeader,
  changeSizeAtEachIdr,
  blowUpSlices,
  truncateNalUnit,
  function drop(nals, random) {
    const from = random.below(nals.length);
    return [...nals.slice(0, from), ...nals.slice(from + random.size(4))];
  },
  function dropParameterSets(nals, random) {
    const type = random.pick([7, 8]);
    return nals.filter((nal) => typeOf(nal) !== type || random.chance(0.3));
  },
  function duplicate(nals, random) {
    const from = random.below(nals.length);
    const to = from + random.size(8);
    return [...nals.slice(0, to), ...nals.slice(from, to), ...nals.slice(to)];
  },
  function swap(nals, random) {
    const copy = nals.slice();
    const a = random.below(copy.length);
    const b = Math.min(copy.length - 1, a + random.size(8));
    [copy[a], copy[b]] = [copy[b]!, copy[a]!];
    return copy;
  },
  function repeatAll(nals, random) {
    return Array.from({ length: random.between(2, 4) }, () => nals).flat();
  },
  function splice(nals, random, other) {
    const from = random.below(other.length);
    const at = random.below(nals.length);
    const piece = other.slice(from, from + random.size(32));
    const sets = random.chance(0.5) ? other.filter((nal) => [7, 8].includes(typeOf(nal))).slice(0, 4) : [];
    return [...nals.slice(0, at), ...sets, ...piece, ...nals.slice(at)];
  },
  function insertSei(nals, random) {
    const at = random.below(nals.length);
    return [...nals.slice(0, at), sei(random), ...nals.slice(at)];
  },
  function insertSingle(nals, random) {
    const at = random.below(nals.length);
    const nal = random.pick([
      [0x09, 0xf0],
      [0x0a],
      [0x0b],
      [0x0c, 0xff, 0x80],
      [0x6e, 0x40, 0x80, 0, 3],
      [0x41],
      [0x65],
      [0x67],
      [0x68],
      [0x06],
      [0x00],
    ]);
    return [...nals.slice(0, at), Uint8Array.from(nal), ...nals.slice(at)];
  },
];

/** Changes a stream by its syntax: the values of its elements, and which NAL units come when. */
export function mutateSyntax(nals: NalUnits, random: Random, other: NalUnits): NalUnits {
  if (nals.length === 0 || other.length === 0) return nals;
  const mutated = random.pick(mutations)(nals, random, other);
  let bytes = 0;
  const within = mutated.findIndex((nal) => (bytes += nal.length + 4) > largestInput);
  return within < 0 ? mutated : mutated.slice(0, within);
}

/** One field of an SPS, a PPS or a slice header. */
function changeField(nals: NalUnits, random: Random): NalUnits {
  const kind = random.pick<(type: number) => boolean>([
    (type) => type === 7,
    (type) => type === 8,
    hasSliceHeader,
    hasSliceHeader,
  ]);
  const candidates = nals.flatMap((nal, index) => (kind(typeOf(nal)) ? [index] : []));
  if (candidates.length === 0) return nals;
  const at = random.pick(candidates);
  return changeAt(
    nals,
    at,
    setsBefore(nals, at),
    (fields) => random.pick(fields),
    (field) => otherValue(field, random),
  );
}

/**
 * The same element in all NAL units from one on: a jump of frame_num or of the order counts,
 * another PPS id.
 */
function changeFieldEverywhere(nals: NalUnits, random: Random): NalUnits {
  const start = random.below(nals.length);
  const element = random.pick([
    "frame_num",
    "pic_order_cnt_lsb",
    "first_mb_in_slice",
    "slice_type",
    "pic_parameter_set_id",
    "idr_pic_id",
    "slice_qp_delta",
    "num_ref_idx_l0_active_minus1",
    "delta_pic_order_cnt_bottom",
    "adaptive_ref_pic_marking_mode_flag",
    "memory_management_control_operation",
    "seq_parameter_set_id",
    "max_num_ref_frames",
    "pic_width_in_mbs_minus1",
    "pic_height_in_map_units_minus1",
    "log2_max_frame_num_minus4",
    "gaps_in_frame_num_value_allowed_flag",
    "level_idc",
    "profile_idc",
    "max_num_reorder_frames",
    "entropy_coding_mode_flag",
  ]);
  const step = random.pick([1, 2, 3, 5, 8, 15, 100]);
  const value = random.chance(0.3) ? random.below(64) : undefined;
  const sets = new ParameterSets();
  let changed = nals;
  for (let index = 0; index < nals.length; index++) {
    if (index >= start && nals[index]!.length < 64 * 1024) {
      changed = changeAt(
        changed,
        index,
        sets,
        (fields) => fields.find((field) => field.element === element),
        (field) => value ?? field.value + step,
      );
    }
    // What is read next was written for the sets as they were.
    put(sets, nals[index]!);
  }
  return changed;
}

function changeHeader(nals: NalUnits, random: Random): NalUnits {
  const copy = nals.slice();
  const at = random.below(copy.length);
  const nal = copy[at]!.slice();
  if (nal.length === 0) return nals;
  if (random.chance(0.5)) nal[0] = (nal[0]! & 0xe0) | random.pick([random.below(32), 1, 2, 5, 7, 14, 19, 20]);
  else nal[0] = (nal[0]! & 0x1f) | random.pick([0, 0x20, 0x60, 0x80]);
  copy[at] = nal;
  return copy;
}

/** Another picture size with every IDR picture. */
function changeSizeAtEachIdr(nals: NalUnits, random: Random): NalUnits {
  const sps = nals.find((nal) => typeOf(nal) === 7);
  const pps = nals.find((nal) => typeOf(nal) === 8);
  if (!sps || !pps) return nals;
  const sets = new ParameterSets();
  const trace = traceFields(nalUnit(sps), sets);
  const width = trace.fields.find(({ element }) => element === "pic_width_in_mbs_minus1");
  if (!width) return nals;
  const sizes = Array.from({ length: 4 }, () => {
    const wide = withField(nalUnit(sps), trace, width, random.size(random.pick([8, 64, 600])));
    const high = traceFields(nalUnit(wide), sets);
    const height = high.fields.find(({ element }) => element === "pic_height_in_map_units_minus1");
    return height ? withField(nalUnit(wide), high, height, random.size(random.pick([8, 64, 400]))) : wide;
  });
  return nals.flatMap((nal) =>
    typeOf(nal) === 5 && random.chance(0.7) ? [random.pick(sizes), pps, nal] : [nal],
  );
}

/** Many more slices in one picture, at other places of it. */
function blowUpSlices(nals: NalUnits, random: Random): NalUnits {
  const slices = nals.flatMap((nal, index) =>
    hasSliceHeader(typeOf(nal)) && nal.length < 4096 ? [index] : [],
  );
  if (slices.length === 0) return nals;
  const at = random.pick(slices);
  const slice = nalUnit(nals[at]!);
  const trace = traceFields(slice, setsBefore(nals, at));
  const firstMb = trace.fields.find(({ element }) => element === "first_mb_in_slice");
  if (!firstMb) return nals;
  const step = random.pick([0, 1, 7, -1]);
  const last = random.below(40);
  const more = Array.from({ length: random.size(random.chance(0.05) ? 20_000 : 300) }, (_, index) =>
    withField(slice, trace, firstMb, Math.max(0, (step < 0 ? last : 1) + ((step * index) % 64))),
  );
  return [...nals.slice(0, at + 1), ...more, ...nals.slice(at + 1)];
}

function truncateNalUnit(nals: NalUnits, random: Random): NalUnits {
  const copy = nals.slice();
  const at = random.below(copy.length);
  copy[at] = copy[at]!.subarray(0, random.below(copy[at]!.length + 1));
  return copy;
}

function changeAt(
  nals: NalUnits,
  at: number,
  sets: ParameterSets,
  choose: (fields: readonly Field[]) => Field | undefined,
  newValue: (field: Field) => number,
): NalUnits {
  const nal = nalUnit(nals[at]!);
  if (nal.data.length === 0) return nals;
  const trace = traceFields(nal, sets);
  const field = trace.fields.length > 0 ? choose(trace.fields) : undefined;
  if (!field) return nals;
  const copy = nals.slice();
  copy[at] = withField(nal, trace, field, inRange(field, newValue(field)));
  return copy;
}

function otherValue(field: Field, random: Random): number {
  const { kind, value } = field;
  if (kind === "flag") return 1 - value;
  if (kind === "u") {
    const range = 2 ** (field.to - field.from);
    return random.pick([0, range - 1, range / 2, value + 1, value - 1, random.below(range)]);
  }
  const sizes = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    17,
    31,
    32,
    51,
    63,
    64,
    127,
    255,
    256,
    1023,
    65_535,
    2 ** 31 - 2,
  ];
  const size = random.pick([...sizes, value + 1, value - 1, value * 2, random.size(2 ** 20)]);
  return kind === "se" && random.chance(0.5) ? -size : size;
}

/** What the field's coding can hold. */
function inRange({ kind, from, to }: Field, value: number): number {
  if (kind === "flag") return value & 1;
  if (kind === "u") {
    const range = 2 ** (to - from);
    return ((Math.floor(value) % range) + range) % range;
  }
  const whole = Math.trunc(value);
  if (kind === "ue") return Math.min(Math.max(0, whole), 2 ** 32 - 2);
  return Math.min(Math.max(-(2 ** 31) + 2, whole), 2 ** 31 - 2);
}

function sei(random: Random): Uint8Array {
  if (random.chance(0.5)) return recoveryPointSei(random.pick([0, 1, 3, 30, 65_535, 2 ** 31 - 2]));
  const bytes = [0x06];
  for (let count = random.size(20); count > 0; count--) {
    const size = random.size(40);
    for (let large = random.chance(0.1) ? random.size(300) : 0; large > 0; large--) bytes.push(0xff);
    bytes.push(random.pick([0, 1, 4, 5, 6, 45, 255, random.below(255)]), random.chance(0.9) ? size : 255);
    bytes.push(...random.bytes(size));
  }
  return Uint8Array.from([...bytes, 0x80]);
}

function setsBefore(nals: NalUnits, at: number): ParameterSets {
  const sets = new ParameterSets();
  for (let index = 0; index < at; index++) put(sets, nals[index]!);
  return sets;
}

function put(sets: ParameterSets, nal: Uint8Array): void {
  if (typeOf(nal) !== 7 && typeOf(nal) !== 8) return;
  try {
    sets.put(nalUnit(nal));
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
  }
}

const typeOf = (nal: Uint8Array) => (nal[0] ?? 0) & 31;

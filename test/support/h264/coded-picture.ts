import { concat } from "../bytes.js";
import { BitWriter } from "./bit-writer.js";
import { type PpsSyntax, ppsNal, type SpsSyntax, spsNal } from "./h264-syntax.js";

/** How a test's slice differs from the only slice of a P frame that other pictures refer to. */
export interface SliceSyntax {
  /** nal_unit_type 5. */
  idr?: boolean;
  /** nal_unit_type, when it is neither 1 nor 5. */
  nalUnitType?: number;
  nalRefIdc?: number;
  firstMbInSlice?: number;
  type?: "P" | "B" | "I" | "SP" | "SI";
  ppsId?: number;
  /** colour_plane_id of a stream with separate colour planes. */
  colourPlane?: 0 | 1 | 2;
  frameNum?: number;
  field?: "top" | "bottom";
  idrPicId?: number;
  picOrderCntLsb?: number;
  redundantPicCnt?: number;
  /** memory_management_control_operation 5. */
  mmco5?: boolean;
  /** cabac_init_idc of P and B slices coded with CABAC. */
  cabacInitIdc?: number;
  /** num_ref_idx_l0_active_minus1 + 1, and that of list 1; without, the PPS's apply. */
  activeReferences?: readonly [number, number];
  sliceQpDelta?: number;
  /** Bytes in place of slice data. */
  payload?: Uint8Array | number;
}

/** The parameter sets that slices are written for. */
export interface StreamSyntax {
  sps?: SpsSyntax;
  pps?: PpsSyntax;
}

const sliceTypes = ["P", "B", "I", "SP", "SI"] as const;

/** The parameter sets that slices of this stream refer to. */
export function parameterSets({ sps, pps }: StreamSyntax = {}): Uint8Array[] {
  return [spsNal(sps), ppsNal(pps)];
}

/** The NAL unit header, and the slice header up to slice_data(). */
export interface WrittenSliceHeader {
  readonly nalHeader: number;
  readonly writer: BitWriter;
}

/**
 * A slice header for a stream of pic_order_cnt_type 0 with 4 bits of frame_num and
 * pic_order_cnt_lsb.
 */
export function sliceHeader(
  slice: SliceSyntax = {},
  { sps = {}, pps = {} }: StreamSyntax = {},
): WrittenSliceHeader {
  const idr = slice.idr ?? false;
  const type = slice.type ?? (idr ? "I" : "P");
  const isInter = type !== "I" && type !== "SI";
  const nalRefIdc = slice.nalRefIdc ?? (type === "B" ? 0 : 2);
  const writer = new BitWriter().ue(
    slice.firstMbInSlice ?? 0,
    sliceTypes.indexOf(type),
    slice.ppsId ?? pps.id ?? 0,
  );
  if (slice.colourPlane !== undefined) writer.u(2, slice.colourPlane);
  writer.u(4, (slice.frameNum ?? 0) % 16);
  if (sps.frameMbsOnly === false) {
    writer.flag(slice.field !== undefined);
    if (slice.field) writer.flag(slice.field === "bottom");
  }
  if (idr) writer.ue(slice.idrPicId ?? 0);
  writer.u(4, (slice.picOrderCntLsb ?? 0) & 15);
  if (pps.redundantPicCnt) writer.ue(slice.redundantPicCnt ?? 0);
  if (type === "B") writer.flag(false);
  if (isInter) {
    const { activeReferences } = slice;
    writer.flag(activeReferences !== undefined);
    if (activeReferences) writer.ue(activeReferences[0] - 1);
    if (activeReferences && type === "B") writer.ue(activeReferences[1] - 1);
    writer.flag(false);
    if (type === "B") writer.flag(false);
  }
  if (nalRefIdc > 0) {
    if (idr) writer.flag(false, false);
    else writer.flag(slice.mmco5 ?? false);
    if (slice.mmco5) writer.ue(5, 0);
  }
  if (pps.cabac && isInter) writer.ue(slice.cabacInitIdc ?? 0);
  writer.se(slice.sliceQpDelta ?? 0);
  if (type === "SP") writer.flag(false);
  if (type === "SP" || type === "SI") writer.se(0);
  return { nalHeader: (nalRefIdc << 5) | (slice.nalUnitType ?? (idr ? 5 : 1)), writer };
}

/**
 * A slice NAL unit. Its slice data are any bytes, which is enough for everything that does not
 * decode them.
 */
export function sliceNal(slice: SliceSyntax = {}, stream: StreamSyntax = {}): Uint8Array {
  const { nalHeader, writer } = sliceHeader(slice, stream);
  const payload =
    typeof slice.payload === "number" ? new Uint8Array(slice.payload).fill(0x5a) : slice.payload;
  for (const byte of payload ?? [0x5a]) writer.u(8, byte);
  return writer.trailing().nal(nalHeader);
}

/** An access unit delimiter. */
export const delimiter = Uint8Array.of(0x09, 0xf0);
export const endOfSequence = Uint8Array.of(0x0a);
export const endOfStream = Uint8Array.of(0x0b);
export const fillerData = Uint8Array.of(0x0c, 0xff, 0xff, 0x80);
/** User data, which decoders ignore. */
export const userDataSei = Uint8Array.of(0x06, 5, 17, ...new Uint8Array(16).fill(0x11), 0x22, 0x80);

/** A recovery point SEI message (D.2.8). */
export function recoveryPointSei(recoveryFrameCnt: number): Uint8Array {
  const payload = new BitWriter().ue(recoveryFrameCnt).flag(true, false).u(2, 0).trailing().bytes();
  return concat(Uint8Array.of(0x06, 6, payload.length), payload, Uint8Array.of(0x80));
}

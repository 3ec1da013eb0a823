/** nal_unit_type (table 7-1). */
export const NalUnitType = {
  unspecified: 0,
  codedSliceNonIdr: 1,
  codedSliceDataPartitionA: 2,
  codedSliceDataPartitionB: 3,
  codedSliceDataPartitionC: 4,
  codedSliceIdr: 5,
  supplementalEnhancementInformation: 6,
  sequenceParameterSet: 7,
  pictureParameterSet: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  fillerData: 12,
  sequenceParameterSetExtension: 13,
  prefix: 14,
  subsetSequenceParameterSet: 15,
  depthParameterSet: 16,
  codedSliceAuxiliary: 19,
  codedSliceExtension: 20,
  codedSliceExtensionDepth: 21,
} as const;

/** A NAL unit as it stands in the byte stream (7.3.1), without its start code. */
export interface NalUnit {
  /** nal_unit_type, 0 to 31; see {@link NalUnitType}. */
  readonly type: number;
  /** nal_ref_idc, 0 to 3. 0 if no other picture refers to this one. */
  readonly refIdc: number;
  /** The header byte first, with emulation prevention bytes, without trailing zero bytes. */
  readonly data: Uint8Array;
}

/** The first byte of a NAL unit (7.3.1). */
export interface NalUnitHeader {
  /** forbidden_zero_bit: true marks a NAL unit that is damaged. */
  readonly forbiddenZeroBit: boolean;
  /** nal_ref_idc, 0 to 3. */
  readonly refIdc: number;
  /** nal_unit_type, 0 to 31. */
  readonly type: number;
}

/** Parses the first byte of a NAL unit (7.3.1). */
export function parseNalUnitHeader(firstByte: number): NalUnitHeader {
  return {
    forbiddenZeroBit: (firstByte & 0x80) !== 0,
    refIdc: (firstByte >> 5) & 3,
    type: firstByte & 0x1f,
  };
}

/**
 * True for the VCL NAL units of a primary or redundant coded picture: slices and slice data
 * partitions (1 to 5).
 */
export function isSlice(type: number): boolean {
  return type >= NalUnitType.codedSliceNonIdr && type <= NalUnitType.codedSliceIdr;
}

/** True for slices with a header that `parseSliceHeader` reads: types 1, 2, 5 and 19. */
export function hasSliceHeader(type: number): boolean {
  return (
    type === NalUnitType.codedSliceNonIdr ||
    type === NalUnitType.codedSliceIdr ||
    type === NalUnitType.codedSliceDataPartitionA ||
    type === NalUnitType.codedSliceAuxiliary
  );
}

/**
 * True for NAL unit types that begin an access unit after the last VCL NAL unit of a primary coded
 * picture (7.4.1.2.3): 6 to 9 and 14 to 18.
 */
export function beginsAccessUnit(type: number): boolean {
  return (
    (type >= NalUnitType.supplementalEnhancementInformation && type <= NalUnitType.accessUnitDelimiter) ||
    (type >= NalUnitType.prefix && type <= 18)
  );
}

/** forbidden_zero_bit is 1, so nothing in the NAL unit can be trusted, not even its type. */
export function isDamaged(nal: NalUnit): boolean {
  return ((nal.data[0] ?? 0) & 0x80) !== 0;
}

/**
 * Filler data and unspecified types say nothing about the picture. A prefix NAL unit precedes each
 * slice of an SVC base layer, so it must not end the picture as types 15 to 18 do (7.4.1.2.3).
 */
export function isIgnored(type: number): boolean {
  return (
    type === NalUnitType.fillerData ||
    type === NalUnitType.prefix ||
    type === NalUnitType.unspecified ||
    type > 21
  );
}

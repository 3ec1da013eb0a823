/** coded_block_flag of the blocks of a macroblock. */
export interface CodedFlags {
  /** By component. */
  readonly dc: number[];
  readonly blocks4x4: number[][];
  readonly blocks8x8: number[][];
  /** By Cb and Cr. */
  readonly chromaDc: number[];
  readonly chromaAc: number[][];
}

/** The flags of a macroblock of which no block is coded yet. */
export function noCodedFlags(): CodedFlags {
  const none = () => Array.from({ length: 16 }, () => 0);
  return {
    dc: [0, 0, 0],
    blocks4x4: [none(), none(), none()],
    blocks8x8: [none(), none(), none()],
    chromaDc: [0, 0],
    chromaAc: [none(), none()],
  };
}

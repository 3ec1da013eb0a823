import type { RbspReader } from "./rbsp-reader.js";

/** dec_ref_pic_marking() (7.4.3.3). */
export interface DecRefPicMarking {
  /** False unless IDR, like the next one. */
  readonly noOutputOfPriorPicsFlag: boolean;
  readonly longTermReferenceFlag: boolean;
  /** Empty for IDR pictures and sliding window marking. */
  readonly operations: readonly MemoryManagementControlOperation[];
}

/** One memory_management_control_operation and its operands. */
export interface MemoryManagementControlOperation {
  /** 1 to 6. */
  readonly operation: number;
  readonly differenceOfPicNumsMinus1?: number;
  readonly longTermPicNum?: number;
  readonly longTermFrameIdx?: number;
  readonly maxLongTermFrameIdxPlus1?: number;
}

const clause = "7.4.3.3";
/** Twice the fields of a full decoded picture buffer, and the closing 0. More are damage. */
const maxOperations = 66;
const noOperations: readonly MemoryManagementControlOperation[] = [];

/** Reads dec_ref_pic_marking() (7.3.3.3). @throws BitstreamError */
export function readDecRefPicMarking(reader: RbspReader, idrPicFlag: boolean): DecRefPicMarking {
  if (idrPicFlag) {
    return {
      noOutputOfPriorPicsFlag: reader.flag("no_output_of_prior_pics_flag", clause),
      longTermReferenceFlag: reader.flag("long_term_reference_flag", clause),
      operations: noOperations,
    };
  }
  const adaptive = reader.flag("adaptive_ref_pic_marking_mode_flag", clause);
  const operations = adaptive ? readOperations(reader) : noOperations;
  return { noOutputOfPriorPicsFlag: false, longTermReferenceFlag: false, operations };
}

function readOperations(reader: RbspReader): MemoryManagementControlOperation[] {
  const operations: MemoryManagementControlOperation[] = [];
  const ue = (element: string) => reader.ue(element, clause);
  for (;;) {
    const operation = reader.ue("memory_management_control_operation", clause, 0, 6);
    if (operation === 0) return operations;
    if (operations.length >= maxOperations) {
      reader.fail(
        `there were more than ${maxOperations} operations`,
        "memory_management_control_operation",
        clause,
      );
    }
    operations.push({
      operation,
      ...((operation === 1 || operation === 3) && {
        differenceOfPicNumsMinus1: ue("difference_of_pic_nums_minus1"),
      }),
      ...(operation === 2 && { longTermPicNum: ue("long_term_pic_num") }),
      ...((operation === 3 || operation === 6) && { longTermFrameIdx: ue("long_term_frame_idx") }),
      ...(operation === 4 && { maxLongTermFrameIdxPlus1: ue("max_long_term_frame_idx_plus1") }),
    });
  }
}

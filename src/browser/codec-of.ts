import { BitstreamError } from "../core/errors.js";
import { splitAnnexB } from "../h264/annex-b.js";
import { codecString } from "../h264/syntax/codec-string.js";
import { NalUnitType } from "../h264/syntax/nal-unit.js";
import { parseSequenceParameterSet } from "../h264/syntax/sequence-parameter-set.js";

/**
 * The codec string of the first readable SPS among the parameter sets; undefined when there is
 * none.
 */
export function codecOf(parameterSets: Uint8Array): string | undefined {
  for (const nal of splitAnnexB(parameterSets)) {
    if ((nal[0]! & 0x1f) !== NalUnitType.sequenceParameterSet) continue;
    try {
      return codecString(parseSequenceParameterSet(nal));
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
    }
  }
  return undefined;
}

import { BitstreamError } from "../../../src/core/errors.js";
import { hasSliceHeader, type NalUnit, NalUnitType } from "../../../src/h264/syntax/nal-unit.js";
import { ParameterSets } from "../../../src/h264/syntax/parameter-sets.js";
import { parsePictureParameterSet } from "../../../src/h264/syntax/picture-parameter-set.js";
import { parseSei } from "../../../src/h264/syntax/sei.js";
import {
  parseSequenceParameterSet,
  type SequenceParameterSet,
} from "../../../src/h264/syntax/sequence-parameter-set.js";
import { parseSliceHeader, parseSliceIdentity } from "../../../src/h264/syntax/slice-header.js";

/**
 * Gives each NAL unit to the parser of its type: a parser may throw `BitstreamError`, and nothing
 * else.
 */
export function parseEach(nals: readonly NalUnit[]): void {
  const sets = new ParameterSets();
  let sps: SequenceParameterSet | undefined;
  for (const nal of nals) {
    try {
      if (nal.type === NalUnitType.sequenceParameterSet) {
        sps = parseSequenceParameterSet(nal.data);
        sets.put(nal);
      } else if (nal.type === NalUnitType.pictureParameterSet) {
        parsePictureParameterSet(nal.data, (id) => sets.sps(id));
        sets.put(nal);
      } else if (nal.type === NalUnitType.supplementalEnhancementInformation) {
        parseSei(nal.data, sps);
      } else if (hasSliceHeader(nal.type)) {
        parseSliceIdentity(nal, sets);
        parseSliceHeader(nal, sets);
      }
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
    }
  }
}

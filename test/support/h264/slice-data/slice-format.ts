import { ParameterSets } from "../../../../src/h264/syntax/parameter-sets.js";
import { parseSliceHeader, type SliceHeader } from "../../../../src/h264/syntax/slice-header.js";
import { parameterSets, type SliceSyntax, type StreamSyntax, sliceNal } from "../coded-picture.js";
import { nalUnit } from "../h264-syntax.js";

/** The header of a slice, as the parser reads it from a NAL unit of such a stream. */
export function headerOf(slice: SliceSyntax, stream: StreamSyntax): SliceHeader {
  const sets = new ParameterSets();
  for (const nal of parameterSets(stream)) sets.put(nalUnit(nal));
  return parseSliceHeader(nalUnit(sliceNal(slice, stream)), sets);
}

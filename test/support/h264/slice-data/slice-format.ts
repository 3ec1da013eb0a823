import { ParameterSets } from "../../../../src/h264/syntax/parameter-sets.js";
import { removeEmulationPrevention } from "../../../../src/h264/syntax/rbsp-reader.js";
import { parseSliceHeader, type SliceHeader } from "../../../../src/h264/syntax/slice-header.js";
import type { BitWriter } from "../bit-writer.js";
import { parameterSets, type SliceSyntax, type StreamSyntax, sliceNal } from "../coded-picture.js";
import { nalUnit } from "../h264-syntax.js";

/** What decides how the slices of a stream are written. */
export interface SliceFormat {
  readonly entropy: "CABAC" | "CAVLC";
  readonly structure: "frame" | "field" | "mbaff";
  /** Of the frame or field, in macroblocks. */
  readonly width: number;
  readonly height: number;
  readonly chromaFormatIdc: number;
  /** Of luma and chroma. */
  readonly bitDepth: readonly [number, number];
  /** transform_8x8_mode_flag. */
  readonly transform8x8: boolean;
  readonly direct8x8Inference: boolean;
}

/** Default: frames of 8 bits in 4:2:0 with CAVLC and all that High profile allows. */
export const defaultFormat: SliceFormat = {
  entropy: "CAVLC",
  structure: "frame",
  width: 4,
  height: 4,
  chromaFormatIdc: 1,
  bitDepth: [8, 8],
  transform8x8: false,
  direct8x8Inference: true,
};

/** The parameter sets of such a stream. */
export function streamOfFormat(format: Partial<SliceFormat>): StreamSyntax {
  const { structure, width, height, chromaFormatIdc, bitDepth, ...rest } = { ...defaultFormat, ...format };
  return {
    sps: {
      profileIdc: 244,
      maxNumRefFrames: 4,
      format(writer: BitWriter) {
        writer.ue(chromaFormatIdc);
        if (chromaFormatIdc === 3) writer.flag(false);
        writer.ue(bitDepth[0] - 8, bitDepth[1] - 8).flag(false, false);
      },
      widthInMbs: width,
      // A map unit of a stream with fields is two macroblocks high.
      heightInMapUnits: structure === "mbaff" ? height / 2 : height,
      frameMbsOnly: structure === "frame",
      mbAdaptive: structure === "mbaff",
      direct8x8Inference: rest.direct8x8Inference,
    },
    pps: {
      cabac: rest.entropy === "CABAC",
      ...(rest.transform8x8 && { extension: (writer: BitWriter) => void writer.flag(true, false).se(0) }),
    },
  };
}

/** The header of a slice, as the parser reads it from a NAL unit of such a stream. */
export function headerOf(slice: SliceSyntax, stream: StreamSyntax): SliceHeader {
  return parseSliceHeader(nalUnit(sliceNal(slice, stream)), setsOf(stream));
}

/**
 * The header of a slice NAL unit, and its RBSP with the zeros after it that readers of slice data
 * want.
 */
export function readableSlice(
  nal: Uint8Array,
  stream: StreamSyntax,
): { readonly header: SliceHeader; readonly rbsp: Uint8Array; readonly length: number } {
  const bytes = removeEmulationPrevention(nal);
  const rbsp = new Uint8Array(bytes.length + 8192);
  rbsp.set(bytes);
  return { header: parseSliceHeader(nalUnit(nal), setsOf(stream)), rbsp, length: bytes.length };
}

function setsOf(stream: StreamSyntax): ParameterSets {
  const sets = new ParameterSets();
  for (const nal of parameterSets(stream)) sets.put(nalUnit(nal));
  return sets;
}

import * as fc from "fast-check";
import { expect } from "vitest";
import type { Macroblocks } from "../../../../src/h264/slice-data/macroblocks.js";
import type { SliceHeader } from "../../../../src/h264/syntax/slice-header.js";
import { Random } from "../../random.js";
import { randomPictures } from "./random-slice.js";
import { readableSlice, type SliceFormat, streamOfFormat } from "./slice-format.js";

/** Every picture structure with every chroma_format_idc. */
export const structuresAndChroma = (["frame", "field", "mbaff"] as const).flatMap((structure) =>
  [0, 1, 2, 3].map((chromaFormatIdc) => [structure, chromaFormatIdc] as const),
);

/** A reader of slice data, and the macroblocks of the picture that it starts with. */
interface SliceReader {
  readonly macroblocks: Macroblocks;
  readonly reader: { read(header: SliceHeader, rbsp: Uint8Array, length: number): number | undefined };
}

/** Expects the reader to stop where each slice of random pictures stops. */
export function expectReadsToEnds(
  wish: Pick<SliceFormat, "entropy" | "structure" | "chromaFormatIdc">,
  readerOf: (format: SliceFormat) => SliceReader,
): void {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { format, pictures } = randomPictures(new Random(seed), wish);
      const { macroblocks, reader } = readerOf(format);
      for (const slices of pictures) {
        macroblocks.start(format.width, format.height);
        for (const { nal, end } of slices) {
          const { header, rbsp, length } = readableSlice(nal, streamOfFormat(format));
          expect(reader.read(header, rbsp, length)).toBe(end);
        }
      }
    }),
    { numRuns: 40 },
  );
}

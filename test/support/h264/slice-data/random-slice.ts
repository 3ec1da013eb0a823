import type { Random } from "../../random.js";
import { type SliceSyntax, sliceHeader } from "../coded-picture.js";
import type { Macroblock } from "./macroblock.js";
import { randomMacroblock } from "./random-macroblock.js";
import { defaultFormat, type SliceFormat, streamOfFormat } from "./slice-format.js";
import { type SliceContent, SliceWriter } from "./slice-writer.js";

/** What a test asks of a slice; everything else is random. */
export interface SliceWish {
  readonly sliceType: "I" | "P" | "B";
  /** Address of the first macroblock, and of the one after the last. */
  readonly first?: number;
  readonly end?: number;
  /**
   * Intra prediction that no neighbour can make impossible, and vectors that do not leave the
   * picture far.
   */
  readonly isDecodable?: boolean;
  /** More of the slice header. */
  readonly header?: SliceSyntax;
}

/** Any slice of this format: right by the standard. */
export function randomSlice(random: Random, format: SliceFormat, wish: SliceWish): SliceContent {
  const { sliceType, first = 0, end = format.width * format.height, isDecodable = false } = wish;
  const activeReferences = [random.pick([1, 1, 2, 3]), random.pick([1, 1, 2, 3])] as const;
  const isMbaff = format.structure === "mbaff";
  const fieldPairs: boolean[] = [];
  for (let pair = first; isMbaff && pair < end; pair += 2)
    fieldPairs.push(fieldPairs.length > 0 && random.chance(0.4) ? fieldPairs.at(-1)! : random.chance(0.5));
  const macroblocks: Macroblock[] = [];
  const skipsMost = random.chance(0.2);
  for (let address = first; address < end; address++) {
    const factor = fieldPairs[(address - first) >> 1] ? 2 : 1;
    const referenceCounts = [activeReferences[0] * factor, activeReferences[1] * factor] as const;
    const isSkipped = skipsMost && sliceType !== "I" && random.chance(0.8);
    macroblocks.push(
      isSkipped
        ? { kind: "skip" }
        : randomMacroblock(random, { format, sliceType, referenceCounts, isDecodable }),
    );
  }
  const sliceQpY = random.between(10, 40);
  return {
    format,
    sliceType,
    activeReferences,
    cabacInitIdc: random.below(3),
    sliceQpY,
    first,
    macroblocks,
    fieldPairs,
  };
}

/** The NAL unit of a slice. */
export function sliceNalOf(content: SliceContent, header: SliceSyntax = {}): Uint8Array {
  const { format, sliceType, first, activeReferences, cabacInitIdc, sliceQpY } = content;
  const { nalHeader, writer } = sliceHeader(
    {
      type: sliceType,
      firstMbInSlice: format.structure === "mbaff" ? first / 2 : first,
      ...(format.structure === "field" && { field: "top" }),
      ...(sliceType !== "I" && { activeReferences }),
      cabacInitIdc,
      sliceQpDelta: sliceQpY - 26,
      ...header,
    },
    streamOfFormat(format),
  );
  new SliceWriter(writer, content).write();
  return writer.nal(nalHeader);
}

/** A slice, and the address after its last macroblock. */
export interface WrittenSlice {
  readonly nal: Uint8Array;
  readonly end: number;
}

/** Two pictures of 16 macroblocks in two slices each, in any format with these properties. */
export function randomPictures(
  random: Random,
  wish: Pick<SliceFormat, "entropy" | "structure" | "chromaFormatIdc">,
): { readonly format: SliceFormat; readonly pictures: readonly (readonly WrittenSlice[])[] } {
  const format: SliceFormat = {
    ...defaultFormat,
    ...wish,
    transform8x8: random.chance(0.5),
    // Streams with fields must have it (7.4.2.1.1).
    direct8x8Inference: wish.structure !== "frame" || random.chance(0.5),
    bitDepth: random.pick([
      [8, 8],
      [8, 8],
      [10, 9],
      [14, 14],
    ]),
  };
  const pictures = [0, 1].map(() => {
    const middle = 2 * random.between(1, 7);
    const ranges = [
      [0, middle],
      [middle, 16],
    ] as const;
    return ranges.map(([first, end]) => {
      const sliceType = random.pick(["I", "P", "B"] as const);
      return { nal: sliceNalOf(randomSlice(random, format, { sliceType, first, end })), end };
    });
  });
  return { format, pictures };
}

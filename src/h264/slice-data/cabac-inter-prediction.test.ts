import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBins } from "../../../test/support/h264/slice-data/bins.js";
import { CabacElements } from "../../../test/support/h264/slice-data/cabac-elements.js";
import { interElements } from "../../../test/support/h264/slice-data/inter-elements.js";
import {
  hasSubMacroblocks,
  type InterMacroblock,
  type Macroblock,
} from "../../../test/support/h264/slice-data/macroblock.js";
import { randomInter } from "../../../test/support/h264/slice-data/random-macroblock.js";
import {
  defaultFormat,
  headerOf,
  streamOfFormat,
} from "../../../test/support/h264/slice-data/slice-format.js";
import { Random } from "../../../test/support/random.js";
import type { CabacDecoder } from "./cabac-decoder.js";
import { CabacInterPrediction } from "./cabac-inter-prediction.js";
import { bPredictions, pPredictions } from "./macroblock-types.js";
import { Macroblocks } from "./macroblocks.js";
import { Damage } from "./slice-data.js";

const stream = streamOfFormat({ entropy: "CABAC", structure: "mbaff" });
const width = 3;
const count = 9;

interface SliceOptions {
  readonly references?: readonly [number, number];
  readonly isField?: boolean;
}

/** Macroblocks of a picture of three by three, and a slice in it. */
function picture({ references = [1, 1], isField = false }: SliceOptions = {}) {
  const macroblocks = new Macroblocks();
  macroblocks.start(width, count / width);
  macroblocks.startSlice();
  const header = headerOf({ type: "B", activeReferences: references }, stream);
  const readerOf = (cabac: CabacDecoder) => {
    const inter = new CabacInterPrediction(cabac, macroblocks);
    inter.start(header, isField);
    return inter;
  };
  return { macroblocks, readerOf };
}

/** Reads bins of the first macroblock. */
function reading<Result>(
  script: string,
  read: (inter: CabacInterPrediction, none: { left: number; top: number }) => Result,
  options?: SliceOptions,
): Result {
  const { macroblocks, readerOf } = picture(options);
  macroblocks.begin(0);
  return readBins(script, (cabac) => read(readerOf(cabac), { left: -1, top: -1 }), { cabacInitIdc: 0 });
}

const read16x16 = (inter: CabacInterPrediction, none: { left: number; top: number }) =>
  inter.readPartitions(none, "16x16", [1]);

describe("CabacInterPrediction", () => {
  it.each(["P", "B"] as const)(
    "reads mb_pred() and sub_mb_pred() of any neighbours in %s slices, each bin with its ctxIdx",
    (sliceType) => {
      fc.assert(
        fc.property(
          fc.nat(),
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 4 }),
          fc.boolean(),
          (seed, l0, l1, isField) => {
            const counts = [isField ? 2 * l0 : l0, isField ? 2 * l1 : l1] as const;
            const random = new Random(seed);
            const format = {
              ...defaultFormat,
              entropy: "CABAC" as const,
              direct8x8Inference: random.chance(0.5),
            };
            const choices = { format, sliceType, referenceCounts: counts, isDecodable: false };
            const { macroblocks, readerOf } = picture({ references: [l0, l1], isField });
            const all = new Map<number, Macroblock>();
            const written = {
              width,
              isMbaff: false,
              isAvailable: (address: number) => all.has(address),
              isField: () => isField,
              macroblock: (address: number) => all.get(address)!,
            };
            for (let address = 0; address < count; address++) {
              const macroblock: Macroblock = random.chance(0.15)
                ? { kind: "skip" }
                : randomInter(random, choices);
              all.set(address, macroblock);
              const neighbours = { ...macroblocks.enter(address) };
              if (macroblock.kind !== "inter" || macroblock.name === "B_Direct_16x16") continue;
              const elements = new CabacElements(written, sliceType, 1);
              elements.begin(address);
              for (const each of interElements(macroblock, counts)) elements.inter(each);
              const { name, mbType, subNames }: InterMacroblock = macroblock;
              const isB = sliceType === "B";
              const mayTransform = readBins(
                elements.bins.join(" "),
                (cabac) => {
                  const inter = readerOf(cabac);
                  if (hasSubMacroblocks(name))
                    return inter.readSubMacroblocks(neighbours, isB, format.direct8x8Inference);
                  const shape = name.split("_").at(-1) as "16x16" | "16x8" | "8x16";
                  inter.readPartitions(
                    neighbours,
                    shape,
                    isB ? bPredictions[mbType - 1]! : pPredictions[mbType as 0 | 1 | 2],
                  );
                  return undefined;
                },
                { cabacInitIdc: random.below(3) },
              );
              // noSubMbPartSizeLessThan8x8Flag (7.3.5).
              if (hasSubMacroblocks(name))
                expect(mayTransform).toBe(
                  subNames.every((sub) =>
                    sub === "B_Direct_8x8" ? format.direct8x8Inference : sub.endsWith("_8x8"),
                  ),
                );
            }
          },
        ),
        { numRuns: 80 },
      );
    },
  );

  // P_L0_16x16 with one reference: mvd across, which these bins code, and mvd down, which is 0.
  it.each([
    ["0", "40:0"],
    ["1", "40:1 43:0 b0"],
    ["-1", "40:1 43:0 b1"],
    ["2", "40:1 43:1 44:0 b0"],
    ["-5", "40:1 43:1 44:1 45:1 46:1 46:0 b1"],
    ["8: the longest without a suffix", "40:1 43:1 44:1 45:1 46:1 46:1 46:1 46:1 46:0 b0"],
    ["9: an Exp-Golomb suffix with k 3", "40:1 43:1 44:1 45:1 46:1 46:1 46:1 46:1 46:1 b0 b0 b0 b0 b0"],
    ["-16", "40:1 43:1 44:1 45:1 46:1 46:1 46:1 46:1 46:1 b0 b1 b1 b1 b1"],
    ["17: k grows to 4", "40:1 43:1 44:1 45:1 46:1 46:1 46:1 46:1 46:1 b1 b0 b0 b0 b0 b0 b0"],
  ])("9.3.2.3: mvd_l0 is %s", (_, bins) => {
    reading(`${bins} 47:0`, read16x16);
    // Down with ctxIdxOffset 47.
    reading(`40:0 ${bins.replaceAll(/4(\d):/g, (_, inc) => `${47 + Number(inc)}:`)}`, read16x16);
  });

  it("9.3.3.1.1.7: ctxIdxInc of mvd grows with the neighbours': 0 up to 2, 1 up to 32, then 2", () => {
    // 8x16: the second partition has the first one to its left. mvd_l0 of both across and down.
    const second = (first: string, inc: number) =>
      reading(`${first} 47:0 ${40 + inc}:0 47:0`, (inter, none) =>
        inter.readPartitions(none, "8x16", [1, 1]),
      );
    second("40:1 43:1 44:0 b0", 0);
    second("40:1 43:1 44:1 45:0 b1", 1);
    const prefix = "40:1 43:1 44:1 45:1 46:1 46:1 46:1 46:1 46:1";
    // 32 is 9 + 23: 8 with k 3, then 15 with k 4. 33 is 9 + 24: 8 and 16, then 0 with k 5.
    second(`${prefix} b1 b0 b1 b1 b1 b1 b0`, 1);
    second(`${prefix} b1 b1 b0 b0 b0 b0 b0 b0 b0`, 2);
  });

  it("9.3.2.1, 9.3.3.1.1.6: ref_idx is unary with ctxIdxInc 0, 4, 5, 5", () => {
    const references = [5, 1] as const;
    reading("54:0 40:0 47:0", read16x16, { references });
    reading("54:1 58:0 40:0 47:0", read16x16, { references });
    reading("54:1 58:1 59:1 59:1 59:0 40:0 47:0", read16x16, { references });
  });

  it("7.3.5.1: all ref_idx_l0, all ref_idx_l1, then mvd of list 0 and of list 1", () => {
    // B_L0_Bi_16x8: the lower partition has the upper one above it.
    reading(
      "54:1 58:0 56:0 54:0 40:0 47:0 40:0 47:0 40:0 47:0",
      (inter, none) => inter.readPartitions(none, "16x8", [1, 3]),
      { references: [2, 2] },
    );
  });

  it("7.3.5.1: one reference needs no ref_idx, but the two fields of its frame do", () => {
    reading("40:0 47:0", read16x16);
    reading("54:0 40:0 47:0", read16x16, { isField: true });
    reading("54:1 58:0 40:0 47:0", read16x16, { isField: true });
  });

  describe("what no slice can have is damage:", () => {
    it("7.4.5.1: ref_idx above num_ref_idx_lX_active_minus1", () => {
      const references = [3, 1] as const;
      reading("54:1 58:1 59:0 40:0 47:0", read16x16, { references });
      expect(() => reading("54:1 58:1 59:1 59:0 40:0 47:0", read16x16, { references })).toThrow(Damage);
      const most = Array.from({ length: 30 }, () => "59:1").join(" ");
      expect(() =>
        reading(`54:1 58:1 ${most} 59:0 40:0 47:0`, read16x16, { references: [32, 1], isField: false }),
      ).toThrow(Damage);
    });

    it("mvd with a suffix longer than any vector needs", () => {
      const prefix = "40:1 43:1 44:1 45:1 46:1 46:1 46:1 46:1 46:1";
      const ones = Array.from({ length: 22 }, () => "b1").join(" ");
      expect(() => reading(`${prefix} ${ones} b0`, read16x16)).toThrow(Damage);
    });
  });
});

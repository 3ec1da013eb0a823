import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBins } from "../../../test/support/h264/slice-data/bins.js";
import { CabacElements } from "../../../test/support/h264/slice-data/cabac-elements.js";
import type { Macroblock } from "../../../test/support/h264/slice-data/macroblock.js";
import { residualBlockBins } from "../../../test/support/h264/slice-data/residual/cabac-residual-bins.js";
import { type Residual, randomResidual } from "../../../test/support/h264/slice-data/residual/residual.js";
import { headerOf, streamOfFormat } from "../../../test/support/h264/slice-data/slice-format.js";
import { Random } from "../../../test/support/random.js";
import type { CabacDecoder } from "./cabac-decoder.js";
import { CabacResidual } from "./cabac-residual.js";
import { Macroblocks } from "./macroblocks.js";
import { Damage } from "./slice-data.js";

const width = 3;
const count = 9;

/** Macroblocks of a picture of three by three in this format. */
function picture(chromaFormatIdc: number, isField = false) {
  const macroblocks = new Macroblocks();
  macroblocks.start(width, count / width);
  macroblocks.startSlice();
  const structure = isField ? "field" : "frame";
  const stream = streamOfFormat({ entropy: "CABAC", chromaFormatIdc, structure });
  const header = headerOf({ type: "I", ...(isField && { field: "top" }) }, stream);
  const readerOf = (cabac: CabacDecoder) => {
    const residual = new CabacResidual(cabac, macroblocks);
    residual.startSlice(header);
    return residual;
  };
  return { macroblocks, readerOf };
}

/** What decides which blocks of a macroblock are read. */
interface Wish {
  readonly chromaFormatIdc?: number;
  readonly isField?: boolean;
  readonly pattern?: number;
  readonly transform8x8?: boolean;
  readonly is16x16?: boolean;
  readonly isIntra?: boolean;
  readonly oldX264?: boolean;
  /** Notes the macroblock to the left, address 3, and the one above, address 1. */
  readonly left?: (macroblocks: Macroblocks) => void;
  readonly top?: (macroblocks: Macroblocks) => void;
}

/** Reads bins of macroblock 4. */
function reading(script: string, wish: Wish = {}): void {
  const { chromaFormatIdc = 0, isField = false, pattern = 0, is16x16 = false, isIntra = false } = wish;
  const { macroblocks, readerOf } = picture(chromaFormatIdc, isField);
  for (const [address, note] of [
    [1, wish.top],
    [3, wish.left],
  ] as const) {
    if (note === undefined) continue;
    macroblocks.begin(address);
    note(macroblocks);
  }
  const neighbours = macroblocks.enter(4);
  readBins(
    script,
    (cabac) => {
      const residual = readerOf(cabac);
      residual.oldX264 = wish.oldX264 ?? false;
      residual.read(neighbours, pattern, wish.transform8x8 ?? false, is16x16, isIntra);
    },
    { cabacInitIdc: 0 },
  );
}

/**
 * I_16x16 without AC: only the DC block of luma, which these bins code after coded_block_flag 1.
 */
const readDc = (bins: string, isField = false) => reading(`85:1 ${bins}`, { is16x16: true, isField });

describe("CabacResidual", () => {
  it.each(
    [0, 1, 2, 3].flatMap((chromaFormatIdc) =>
      [false, true].map((isField) => [chromaFormatIdc, isField] as const),
    ),
  )(
    "reads residual() of any neighbours as 7.3.5.3 and 9.3 write it: chroma_format_idc %d, fields %s",
    (chromaFormatIdc, isField) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const random = new Random(seed);
          const { macroblocks, readerOf } = picture(chromaFormatIdc, isField);
          const all = new Map<number, Macroblock>();
          const written = {
            width,
            isMbaff: false,
            isAvailable: (address: number) => all.has(address),
            isField: () => isField,
            macroblock: (address: number) => all.get(address)!,
          };
          const elements = new CabacElements(written, "P", chromaFormatIdc);
          for (let address = 0; address < count; address++) {
            const neighbours = { ...macroblocks.enter(address) };
            elements.begin(address);
            elements.bins.length = 0;
            const kind = random.pick(["skip", "pcm", "intra", "intra", "inter", "inter"]);
            const isIntra16x16 = kind === "intra" && random.chance(0.4);
            const residual: Residual = randomResidual(random, chromaFormatIdc, {
              luma: isIntra16x16 ? random.pick([0, 15]) : random.below(16),
              chroma: chromaFormatIdc === 1 || chromaFormatIdc === 2 ? random.below(3) : 0,
              isIntra16x16,
              transform8x8: !isIntra16x16 && random.chance(0.5),
            });
            all.set(address, macroblockOf(kind, residual));
            if (kind === "skip") macroblocks.skip(false);
            else if (kind === "pcm") macroblocks.setPcm();
            else {
              elements.residual(residual, kind === "intra");
              const { luma, chroma, transform8x8 } = residual;
              const pattern = luma + 16 * chroma;
              macroblocks.setCoded(pattern, transform8x8);
              readBins(
                elements.bins.join(" "),
                (cabac) =>
                  readerOf(cabac).read(neighbours, pattern, transform8x8, isIntra16x16, kind === "intra"),
                { cabacInitIdc: random.below(3), qp: random.between(0, 51) },
              );
            }
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  describe("7.3.5.3.3: a block worked out by hand", () => {
    it("with the first coefficient only: significant, last, absolute value 1, sign", () => {
      readDc("105:1 166:1 228:0 b0");
      readDc("105:1 166:1 228:0 b1");
    });

    it("table 9-34: field macroblocks have other contexts for the map", () => {
      readDc("277:1 338:1 228:0 b0", true);
    });

    it("with the last coefficient only: it is not sent that it is significant", () => {
      const map = Array.from({ length: 15 }, (_, index) => `${105 + index}:0`).join(" ");
      readDc(`${map} 228:0 b0`);
    });

    it("with the first and the third coefficient", () => {
      readDc("105:1 166:0 106:0 107:1 168:1 228:0 b1 229:0 b0");
    });

    it("9.3.3.1.3: levels of 1 have ctxIdxInc 1 to 4", () => {
      const map = [0, 1, 2, 3, 4, 5].map((index) => `${105 + index}:1 ${166 + index}:${index === 5 ? 1 : 0}`);
      readDc(`${map.join(" ")} 228:0 b0 229:0 b0 230:0 b0 231:0 b0 231:0 b0 231:0 b0`);
    });

    it("9.3.3.1.3: after a level above 1 the first bin has ctxIdxInc 0, the others 5 to 9", () => {
      const map = [0, 1, 2, 3, 4, 5, 6].map(
        (index) => `${105 + index}:1 ${166 + index}:${index === 6 ? 1 : 0}`,
      );
      // 1, then 2, 3, 2, 2, 2, 2.
      const levels =
        "228:0 b0 229:1 232:0 b0 227:1 233:1 233:0 b0 227:1 234:0 b0 227:1 235:0 b0 227:1 236:0 b0 227:1 236:0 b1";
      readDc(`${map.join(" ")} ${levels}`);
    });

    it("9.3.2.3: coeff_abs_level_minus1 of 13 has 14 bins, of 14 an Exp-Golomb suffix with k 0", () => {
      const ones = Array.from({ length: 12 }, () => "232:1").join(" ");
      readDc(`105:1 166:1 228:1 ${ones} 232:0 b0`);
      readDc(`105:1 166:1 228:1 ${ones} 232:1 b0 b0`);
      // 14 + 1 + 2 + 1.
      readDc(`105:1 166:1 228:1 ${ones} 232:1 b1 b1 b0 b0 b1 b1`);
    });
  });

  describe("7.4.5.3.3: blocks by category, with ctxIdx by tables 9-34 and 9-40", () => {
    const ones = (base: { significant: number; last: number; abs: number }) =>
      `${base.significant}:1 ${base.last}:1 ${base.abs + 1}:0 b0`;
    // First ctxIdx of coded_block_flag, significant_coeff_flag, last_significant_coeff_flag, abs.
    const luma = { dc: [85, 105, 166, 227], ac: [89, 120, 181, 237], block: [93, 134, 195, 247] };
    const cb = { dc: [460, 484, 572, 952], ac: [464, 499, 587, 962], block: [468, 513, 601, 972] };
    const cr = { dc: [472, 528, 616, 982], ac: [476, 543, 631, 992], block: [480, 557, 645, 1002] };
    const coded = ([flag, significant, last, abs]: readonly number[], inc = 0) =>
      `${flag! + inc}:1 ${ones({ significant: significant!, last: last!, abs: abs! })}`;
    const none = ([flag]: readonly number[], inc = 0) => `${flag! + inc}:0`;
    /**
     * Three more blocks of an 8x8 block after a coded first one: it is to their left, above,
     * neither.
     */
    const rest = (flag: readonly number[]) => `${none(flag, 1)} ${none(flag, 2)} ${none(flag)}`;

    it("luma: Intra16x16 DC and AC", () => {
      const others = [1, 2, 3].map(() => [0, 1, 2, 3].map(() => none(luma.ac)).join(" "));
      // Block 4 has no neighbour with coefficients, as block 1 has none.
      reading(`${coded(luma.dc)} ${coded(luma.ac)} ${rest(luma.ac)} ${others.join(" ")}`, {
        is16x16: true,
        pattern: 15,
      });
    });

    it("luma: 4x4 blocks of one quarter", () => {
      reading(`${coded(luma.block)} ${rest(luma.block)}`, { pattern: 1 });
    });

    it("luma: 8x8 blocks without coded_block_flag", () => {
      reading("402:1 417:1 427:0 b0", { pattern: 4, transform8x8: true });
    });

    it("4:4:4: Cb and Cr are coded like luma, 8x8 blocks with coded_block_flag", () => {
      const blocks = [luma, cb, cr].map(({ block }) => `${coded(block)} ${rest(block)}`);
      reading(blocks.join(" "), { chromaFormatIdc: 3, pattern: 1 });
      const dcs = [luma, cb, cr].map(({ dc }) => coded(dc));
      reading(dcs.join(" "), { chromaFormatIdc: 3, is16x16: true });
      const acs = [luma, cb, cr].map(
        ({ dc, ac }) => `${none(dc)} ${Array.from({ length: 16 }, () => none(ac)).join(" ")}`,
      );
      reading(acs.join(" "), { chromaFormatIdc: 3, is16x16: true, pattern: 15 });
      reading("1012:1 402:1 417:1 427:0 b0 1016:1 660:1 690:1 709:0 b0 1020:1 718:1 748:1 767:0 b0", {
        chromaFormatIdc: 3,
        pattern: 1,
        transform8x8: true,
      });
    });

    it("9.3.3.1.3: chroma DC of 4:2:0 has ctxIdxInc 0, 1, 2, and levels above 1 have 8 at most", () => {
      const levels = "258:1 262:0 b0 257:1 263:0 b0 257:1 264:0 b0 257:1 265:0 b0";
      reading(`97:1 149:1 210:0 150:1 211:0 151:1 212:0 ${levels} 97:0`, { chromaFormatIdc: 1, pattern: 16 });
    });

    it("9.3.3.1.3: chroma DC of 4:2:2 has ctxIdxInc 0, 0, 1, 1, 2, 2, 2", () => {
      const map = [0, 0, 1, 1, 2, 2, 2].map((inc) => `${149 + inc}:0`).join(" ");
      reading(`97:1 ${map} 258:0 b0 97:1 149:0 149:1 210:1 258:0 b0`, { chromaFormatIdc: 2, pattern: 16 });
    });

    it("4:2:0: four AC blocks of Cb, then of Cr", () => {
      const ac = [101, 152, 213, 266];
      const blocks = `${coded(ac)} ${none(ac, 1)} ${none(ac, 2)} ${none(ac)}`;
      reading(`97:0 97:0 ${blocks} ${blocks}`, { chromaFormatIdc: 1, pattern: 32 });
    });

    it("4:2:2: eight AC blocks each, two in a row", () => {
      const ac = [101, 152, 213, 266];
      const four = Array.from({ length: 4 }, () => none(ac)).join(" ");
      const blocks = `${coded(ac)} ${none(ac, 1)} ${none(ac, 2)} ${none(ac)} ${four}`;
      reading(`97:0 97:0 ${blocks} ${blocks}`, { chromaFormatIdc: 2, pattern: 32 });
    });
  });

  describe("table 9-43: the map of an 8x8 block", () => {
    // ctxIdxInc of significant_coeff_flag at some places of frame and field macroblocks, and of
    // last.
    it.each([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
      [7, 4, 4, 1],
      [13, 4, 8, 1],
      [22, 6, 12, 2],
      [32, 7, 9, 3],
      [45, 8, 13, 4],
      [56, 11, 10, 7],
      [62, 12, 14, 8],
    ])("levelListIdx %d", (index, frame, field, last) => {
      const levels = Array.from({ length: 64 }, (_, at) => (at === index ? 1 : 0));
      const skipped = (isField: boolean) => residualBlockBins(5, levels, isField).slice(0, index).join(" ");
      reading(`${skipped(false)} ${402 + frame}:1 ${417 + last}:1 427:0 b0`, {
        pattern: 1,
        transform8x8: true,
      });
      reading(`${skipped(true)} ${436 + field}:1 ${451 + last}:1 427:0 b0`, {
        pattern: 1,
        transform8x8: true,
        isField: true,
      });
    });
  });

  describe("9.3.3.1.1.9: ctxIdxInc of coded_block_flag is 1 for A and 2 for B", () => {
    const flagOfDc = (inc: number, wish: Wish) => reading(`${85 + inc}:0`, { is16x16: true, ...wish });

    it("beyond the slice counts as 1 beside Intra, 0 beside Inter", () => {
      flagOfDc(3, { isIntra: true });
      flagOfDc(0, { isIntra: false });
      reading("96:0 95:0 94:0 93:0", { isIntra: true, pattern: 1 });
      reading("100:0 100:0 104:0 103:0 102:0 101:0 104:0 103:0 102:0 101:0", {
        isIntra: true,
        chromaFormatIdc: 1,
        pattern: 32,
      });
    });

    it("I_PCM counts as 1", () => {
      const pcm = (macroblocks: Macroblocks) => macroblocks.setPcm();
      const empty = () => {};
      flagOfDc(1, { left: pcm, top: empty });
      flagOfDc(2, { left: empty, top: pcm });
      flagOfDc(3, { left: pcm, top: pcm, isIntra: true });
      flagOfDc(0, { left: empty, top: empty, isIntra: true });
    });

    it("4:4:4: blocks of another transform count as none to an 8x8 block, but as outside the slice for old x264", () => {
      const of4x4 = (macroblocks: Macroblocks) => {
        macroblocks.setCoded(15, false);
        macroblocks.markLuma(0xffff);
        macroblocks.markChroma(0, 0xffff);
        macroblocks.markChroma(1, 0xffff);
      };
      const of8x8 = (macroblocks: Macroblocks) => {
        of4x4(macroblocks);
        macroblocks.setCoded(15, true);
      };
      const read = (incs: readonly [number, number, number], wish: Wish) =>
        reading(`${1012 + incs[0]}:0 ${1016 + incs[1]}:0 ${1020 + incs[2]}:0`, {
          chromaFormatIdc: 3,
          pattern: 1,
          transform8x8: true,
          ...wish,
        });
      read([3, 3, 3], { left: of8x8, top: of8x8 });
      read([0, 0, 0], { left: of4x4, top: of4x4 });
      read([1, 1, 1], { left: of8x8, top: of4x4 });
      read([2, 2, 2], { left: of4x4, top: of8x8 });
      read([0, 0, 0], { left: of4x4, top: of4x4, oldX264: true });
      read([3, 3, 3], { left: of4x4, top: of4x4, oldX264: true, isIntra: true });
      read([3, 3, 3], { left: of8x8, top: of8x8, oldX264: true });
      read([3, 3, 3], { isIntra: true });
      read([0, 0, 0], { isIntra: false });
    });
  });

  it("a level larger than any format allows is damage", () => {
    const ones = Array.from({ length: 13 }, () => "232:1").join(" ");
    const suffix = (length: number) => Array.from({ length }, () => "b1").join(" ");
    const zeros = Array.from({ length: 24 }, () => "b0").join(" ");
    readDc(`105:1 166:1 228:1 ${ones} ${suffix(23)} ${zeros} b0`);
    expect(() => readDc(`105:1 166:1 228:1 ${ones} ${suffix(24)} b0`)).toThrow(Damage);
  });
});

function macroblockOf(kind: string, residual: Residual): Macroblock {
  if (kind === "skip") return { kind };
  if (kind === "pcm") return { kind, luma: [], chroma: [] };
  const common = { qpDelta: 0, residual };
  if (kind === "intra") {
    const mbType = residual.isIntra16x16 ? 1 : 0;
    return { kind, mbType, modes: [], chromaMode: 0, ...common };
  }
  const none = { subTypes: [], subNames: [], references: [[], []], vectors: [[], []] };
  return { kind: "inter", mbType: 0, name: "P_L0_16x16", ...none, ...common };
}

import type { IssueCount } from "../../core/issues.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { codecString, levelName, profileName } from "../../h264/syntax/codec-string.js";
import { NalUnitType } from "../../h264/syntax/nal-unit.js";
import type { ParameterSets } from "../../h264/syntax/parameter-sets.js";
import { RbspReader } from "../../h264/syntax/rbsp-reader.js";
import { parseSei } from "../../h264/syntax/sei.js";
import {
  maxDpbFrames,
  parseSequenceParameterSet,
  pictureRate,
  reorderDepth,
  type SequenceParameterSet,
} from "../../h264/syntax/sequence-parameter-set.js";
import { parseSliceHeader } from "../../h264/syntax/slice-header.js";
import { sampleAspectRatio } from "../../h264/syntax/vui-parameters.js";

/** The lowest, the mean and the highest of some numbers. */
export interface Range {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** A size of pictures, as an SPS states it. */
export interface PictureSize {
  /** Size of a frame after cropping, luma samples. */
  readonly width: number;
  readonly height: number;
  /** The same before cropping: whole macroblocks. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** Width to height of one sample, such as `4:3`. */
  readonly sampleAspectRatio: string | undefined;
}

/** What a part of a stream shows. Size, profile and the like are those at its end. */
export interface StreamSummary extends PictureSize {
  readonly codec: string;
  readonly profile: string;
  readonly level: string;
  /** All sizes in order of appearance, at most 32, and how many pictures have each. */
  readonly sizes: readonly (PictureSize & { readonly pictures: number })[];
  readonly chroma: "4:0:0" | "4:2:0" | "4:2:2" | "4:4:4";
  readonly bitDepth: number;
  readonly entropyCoding: "CAVLC" | "CABAC";
  readonly scan: "progressive" | "frames that may hold two fields" | "frames and fields" | "fields";
  /** Frames per second by the VUI, and as they came (live sources only). */
  readonly statedRate: number | undefined;
  readonly measuredRate: number | undefined;
  readonly bitsPerSecond: number | undefined;
  readonly color:
    | {
        readonly primaries: number;
        readonly transfer: number;
        readonly matrix: number;
        readonly fullRange: boolean;
      }
    | undefined;
  /** Coded pictures, which are frames or single fields. */
  readonly pictures: {
    readonly total: number;
    readonly frames: number;
    readonly fields: number;
    readonly I: number;
    readonly P: number;
    readonly B: number;
  };
  readonly referenceB: number;
  readonly idr: number;
  readonly recoveryPoints: number;
  /** Frames from one random access point to the next. */
  readonly gop: Range | undefined;
  readonly slicesPerPicture: Range;
  readonly bytesByType: {
    readonly I: Range | undefined;
    readonly P: Range | undefined;
    readonly B: Range | undefined;
  };
  readonly picOrderCntType: number;
  /** max_num_reorder_frames as stated or proved, and as seen here. */
  readonly statedReorderDepth: number | undefined;
  readonly seenReorderDepth: number;
  readonly maxNumRefFrames: number;
  readonly maxDpbFrames: number;
  readonly hasVui: boolean;
  readonly hasBitstreamRestriction: boolean;
  readonly hasAccessUnitDelimiters: boolean;
  /** How often each SEI payload type occurs. */
  readonly sei: Readonly<Record<string, number>>;
  readonly parameterSets: {
    readonly sps: readonly { readonly id: number; readonly bytes: number }[];
    readonly pps: readonly { readonly id: number; readonly bytes: number }[];
    /** NAL units that hold one: more than there are sets if they are repeated. */
    readonly nalUnits: number;
  };
  /** Features that FFmpeg does not decode. */
  readonly unsupported: readonly string[];
  readonly issues: readonly IssueCount[];
}

/** The most sizes that are listed: a broken stream may have thousands. */
const mostSizes = 32;

/** Learns what a stream is from its access units. Bounded: counts and sums only. */
export class StreamSummarizer {
  readonly #bytesByType = { I: new RangeCounter(), P: new RangeCounter(), B: new RangeCounter() };
  /** Pictures of each size, by its description. */
  readonly #sizes = new Map<string, PictureSize & { pictures: number }>();
  readonly #slices = new RangeCounter();
  readonly #gop = new RangeCounter();
  readonly #sei = new Map<string, number>();
  readonly #unsupported = new Set<string>();
  #sps: SequenceParameterSet | undefined;
  #isCabac = false;
  #pictures = 0;
  #referenceB = 0;
  #idr = 0;
  #recoveryPoints = 0;
  #sinceRandomAccess: number | undefined;
  #delimiters = 0;
  #setNalUnits = 0;
  #fields = 0;
  /** Frames: pictures that are not the second field of one. */
  #frames = 0;
  #bytes = 0;
  #firstAt: number | undefined;
  #lastAt = 0;
  /** Order counts of the newest pictures since order started. */
  #order: number[] = [];
  #reorderDepth = 0;

  /** Random access points so far. */
  get randomAccessPoints(): number {
    return this.#idr + this.#recoveryPoints;
  }

  /** Takes the next access unit in decoding order; `sets` are those in force. */
  add(unit: AccessUnit, sets: ParameterSets): void {
    const { picture } = unit;
    this.#pictures++;
    this.#bytes += unit.data.length;
    if (!picture.secondField) {
      this.#frames++;
      this.#firstAt ??= unit.lastByteAt;
      this.#lastAt = unit.lastByteAt;
    }
    this.#bytesByType[picture.type].add(unit.data.length);
    this.#slices.add(picture.sliceCount);
    if (picture.type === "B" && picture.reference) this.#referenceB++;
    if (picture.structure !== "frame") this.#fields++;
    if (picture.unsupported) this.#unsupported.add(picture.unsupported);
    this.#addRandomAccess(unit);
    this.#addOrder(unit);
    this.#addNalUnits(unit, sets);
    this.#addSize();
  }

  /** What is known so far; undefined before the first picture. */
  summary(sets: ParameterSets, issues: readonly IssueCount[], isLive: boolean): StreamSummary | undefined {
    const sps = this.#sps;
    if (!sps) return undefined;
    const { vui } = sps;
    const seconds = (this.#lastAt - (this.#firstAt ?? 0)) / 1e6;
    const measuredRate = isLive && seconds > 0 ? (this.#frames - 1) / seconds : undefined;
    const rate = measuredRate ?? pictureRate(sps);
    const raw = sets.allRaw();
    const signal = vui?.videoSignalType;
    return {
      codec: codecString(sps),
      profile: profileName(sps),
      level: levelName(sps),
      ...pictureSize(sps),
      sizes: [...this.#sizes.values()],
      chroma: (["4:0:0", "4:2:0", "4:2:2", "4:4:4"] as const)[sps.chromaFormatIdc] ?? "4:2:0",
      bitDepth: sps.bitDepthLumaMinus8 + 8,
      entropyCoding: this.#isCabac ? "CABAC" : "CAVLC",
      scan: this.#scan(sps),
      statedRate: pictureRate(sps),
      measuredRate,
      bitsPerSecond: rate === undefined ? undefined : (this.#bytes * 8 * rate) / this.#frames,
      color: signal && {
        primaries: signal.colourDescription?.colourPrimaries ?? 2,
        transfer: signal.colourDescription?.transferCharacteristics ?? 2,
        matrix: signal.colourDescription?.matrixCoefficients ?? 2,
        fullRange: signal.videoFullRangeFlag,
      },
      pictures: {
        total: this.#pictures,
        frames: this.#pictures - this.#fields,
        fields: this.#fields,
        I: this.#bytesByType.I.count,
        P: this.#bytesByType.P.count,
        B: this.#bytesByType.B.count,
      },
      referenceB: this.#referenceB,
      idr: this.#idr,
      recoveryPoints: this.#recoveryPoints,
      gop: this.#gop.range(),
      slicesPerPicture: this.#slices.range()!,
      bytesByType: {
        I: this.#bytesByType.I.range(),
        P: this.#bytesByType.P.range(),
        B: this.#bytesByType.B.range(),
      },
      picOrderCntType: sps.picOrderCntType,
      statedReorderDepth: reorderDepth(sps),
      seenReorderDepth: this.#reorderDepth,
      maxNumRefFrames: sps.maxNumRefFrames,
      maxDpbFrames: maxDpbFrames(sps),
      hasVui: vui !== undefined,
      hasBitstreamRestriction: vui?.bitstreamRestriction !== undefined,
      hasAccessUnitDelimiters: this.#delimiters > 0,
      sei: Object.fromEntries(this.#sei),
      parameterSets: {
        sps: raw.sps.map((nal) => ({ id: spsId(nal), bytes: nal.length })),
        pps: raw.pps.map((nal) => ({ id: ppsId(nal), bytes: nal.length })),
        nalUnits: this.#setNalUnits,
      },
      unsupported: [...this.#unsupported],
      issues,
    };
  }

  #scan({ frameMbsOnlyFlag }: SequenceParameterSet): StreamSummary["scan"] {
    if (frameMbsOnlyFlag) return "progressive";
    if (this.#fields === 0) return "frames that may hold two fields";
    return this.#fields < this.#pictures ? "frames and fields" : "fields";
  }

  #addRandomAccess(unit: AccessUnit): void {
    if (unit.picture.secondField) return;
    const { randomAccess } = unit;
    if (randomAccess === "idr") this.#idr++;
    else if (randomAccess === "recovery-point") this.#recoveryPoints++;
    if (randomAccess !== undefined) {
      if (this.#sinceRandomAccess !== undefined) this.#gop.add(this.#sinceRandomAccess);
      this.#sinceRandomAccess = 0;
    }
    if (this.#sinceRandomAccess !== undefined) this.#sinceRandomAccess++;
  }

  /**
   * The reorder depth is the most pictures that precede one in decoding order and follow it in
   * output order.
   */
  #addOrder(unit: AccessUnit): void {
    const { picture } = unit;
    if (picture.secondField) return;
    if (picture.idr || picture.startsOrder) this.#order = [];
    const before = this.#order.filter((count) => count > picture.pictureOrderCount).length;
    this.#reorderDepth = Math.max(this.#reorderDepth, before);
    this.#order.push(picture.pictureOrderCount);
    if (this.#order.length > 32) this.#order.shift();
  }

  #addSize(): void {
    if (!this.#sps) return;
    const size = pictureSize(this.#sps);
    const key = Object.values(size).join();
    const known = this.#sizes.get(key);
    if (known) known.pictures++;
    else if (this.#sizes.size < mostSizes) this.#sizes.set(key, { ...size, pictures: 1 });
  }

  #addNalUnits(unit: AccessUnit, sets: ParameterSets): void {
    let isFirstSlice = true;
    for (const { type, refIdc, offset, length } of unit.nalUnits) {
      const data = unit.data.subarray(offset, offset + length);
      if (type === NalUnitType.accessUnitDelimiter) this.#delimiters++;
      if (type === NalUnitType.sequenceParameterSet || type === NalUnitType.pictureParameterSet)
        this.#setNalUnits++;
      if (type === NalUnitType.supplementalEnhancementInformation) {
        for (const message of parseSei(data)) {
          const name = seiName(message.payloadType);
          this.#sei.set(name, (this.#sei.get(name) ?? 0) + 1);
        }
      }
      const isSlice = type === NalUnitType.codedSliceIdr || type === NalUnitType.codedSliceNonIdr;
      if (!isSlice || !isFirstSlice) continue;
      isFirstSlice = false;
      const header = parseSliceHeader({ type, refIdc, data }, sets);
      this.#sps = header.sps;
      this.#isCabac = header.pps.entropyCodingModeFlag;
    }
  }
}

/** Streams may use any number. Those up to this one, which may get a name, are listed apart. */
const highestPayloadType = 255;

function seiName(payloadType: number): string {
  if (payloadType > highestPayloadType) return `payload types above ${highestPayloadType}`;
  return seiNames[payloadType] ?? `payload type ${payloadType}`;
}

/** Names of the SEI messages that are often seen (table in D.1). */
const seiNames: Readonly<Record<number, string>> = {
  0: "buffering period",
  1: "picture timing",
  4: "user data (T.35)",
  5: "user data (unregistered)",
  6: "recovery point",
  45: "frame packing",
  137: "mastering display",
  144: "content light level",
};

class RangeCounter {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #sum = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#sum += value;
    this.#count++;
  }

  range(): Range | undefined {
    if (this.#count === 0) return undefined;
    return { min: this.#min, mean: this.#sum / this.#count, max: this.#max };
  }
}

function pictureSize(sps: SequenceParameterSet): PictureSize {
  const ratio = sampleAspectRatio(sps.vui);
  return {
    width: sps.width,
    height: sps.height,
    codedWidth: sps.picWidthInMbs * 16,
    codedHeight: sps.frameHeightInMbs * 16,
    sampleAspectRatio: ratio && `${ratio.width}:${ratio.height}`,
  };
}

function spsId(nal: Uint8Array): number {
  return parseSequenceParameterSet(nal).seqParameterSetId;
}

function ppsId(nal: Uint8Array): number {
  return new RbspReader(nal).ue("pic_parameter_set_id", "7.4.2.2", 0, 255);
}

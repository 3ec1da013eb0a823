import { joinBytes } from "../core/bytes.js";
import { type AccessUnit, isCleanStart } from "../h264/access-unit.js";
import { splitAnnexB, startCodeBytes } from "../h264/annex-b.js";
import { NalUnitType } from "../h264/syntax/nal-unit.js";
import {
  parseSequenceParameterSet,
  reorderDepth,
  type SequenceParameterSet,
} from "../h264/syntax/sequence-parameter-set.js";
import { sampleAspectRatio } from "../h264/syntax/vui-parameters.js";
import { ascii, box, fullBox, u16, u32, u64, zeros } from "./mp4-box.js";
import { SampleTimes } from "./sample-times.js";

/** Ticks per second. */
const timescale = 90_000;
const trackId = 1;
const unityMatrix = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(u32);
/** sample_depends_on: 2 nothing, 1 others; sample_is_non_sync_sample. */
const syncSample = 0x0200_0000;
const otherSample = 0x0101_0000;

/**
 * Writes a stream as fragmented MP4 (ISO/IEC 14496-12, 14496-15) with one fragment per picture. A
 * fragment can be played, and read after a crash, as soon as it is written. No picture waits for
 * another, except a first field for its second.
 *
 * Parameter sets stay in the stream as well. If size or codec change, a new file is needed.
 */
export class FragmentedMp4 {
  /** The ftyp and moov boxes, to write before the first fragment. */
  readonly header: Uint8Array;
  readonly #times: Pick<SampleTimes, "next">;
  #sequence = 0;
  #shownAt = 0;
  #firstField: AccessUnit | undefined;

  /**
   * @param start the access unit that comes first: a random access point with parameter sets
   * @param times when the pictures are shown. Default: as they arrived
   * @throws BitstreamError if it has no readable sequence parameter set
   */
  constructor(start: AccessUnit, times?: Pick<SampleTimes, "next">) {
    const sets = splitAnnexB(start.parameterSets);
    const ofType = (type: number) => sets.filter((nal) => (nal[0]! & 0x1f) === type);
    const spsNals = ofType(NalUnitType.sequenceParameterSet);
    const sps = parseSequenceParameterSet(spsNals[0] ?? new Uint8Array());
    this.#times = times ?? new SampleTimes(reorderDepth(sps));
    this.header = header(start, sps, spsNals, ofType(NalUnitType.pictureParameterSet));
  }

  /** Presentation time of the last fragment's picture in the file, µs. */
  get shownAt(): number {
    return this.#shownAt;
  }

  /**
   * The fragment of the next access unit; undefined for a first field, which waits for its second.
   * If another picture comes instead, the fragment of the lone field precedes that picture's.
   */
  fragment(unit: AccessUnit): Uint8Array | undefined {
    const first = this.#firstField;
    this.#firstField = undefined;
    const { structure, secondField } = unit.picture;
    if (first && secondField) return this.#write([first, unit]);
    const alone = first && this.#write([first]);
    if (structure !== "frame" && !secondField) {
      this.#firstField = unit;
      return alone;
    }
    const fragment = this.#write([unit]);
    return alone ? joinBytes([alone, fragment]) : fragment;
  }

  /** Writes a frame, or the two fields of a frame. */
  #write(units: readonly [AccessUnit, ...AccessUnit[]]): Uint8Array {
    const [unit] = units;
    const { decodeAt, offset, duration } = this.#times.next(unit);
    this.#shownAt = decodeAt + offset;
    const data = withLengths(units);
    const flags = isCleanStart(unit) ? syncSample : otherSample;
    const lasts = ticks(decodeAt + duration) - ticks(decodeAt);
    const sample = [u32(lasts), u32(data.length), u32(flags), u32(ticks(offset))];
    this.#sequence++;
    const moof = (dataOffset: number) =>
      box(
        "moof",
        fullBox("mfhd", 0, 0, u32(this.#sequence)),
        box(
          "traf",
          fullBox("tfhd", 0, 0x02_0000, u32(trackId)), // default-base-is-moof
          fullBox("tfdt", 1, 0, u64(ticks(decodeAt))),
          // duration, size, flags, offset of each
          fullBox("trun", 1, 0x0f01, u32(1), u32(dataOffset), ...sample),
        ),
      );
    const boxHeader = 8;
    return joinBytes([moof(moof(0).length + boxHeader), u32(data.length + boxHeader), ascii("mdat"), data]);
  }
}

/** Replaces each start code by the length of its NAL unit, which takes as many bytes. */
function withLengths(units: readonly AccessUnit[]): Uint8Array {
  const data = joinBytes(units.map((unit) => unit.data));
  const view = new DataView(data.buffer);
  let base = 0;
  for (const unit of units) {
    for (const { offset, length } of unit.nalUnits) view.setUint32(base + offset - startCodeBytes, length);
    base += unit.data.length;
  }
  return data;
}

const ticks = (microseconds: number) => Math.round((microseconds * timescale) / 1_000_000);

function header(
  start: AccessUnit,
  sps: SequenceParameterSet,
  spsNals: readonly Uint8Array[],
  ppsNals: readonly Uint8Array[],
): Uint8Array {
  const { width, height } = start.format;
  const ratio = sampleAspectRatio(sps.vui) ?? { width: 1, height: 1 };
  const shownWidth = Math.round((width * 65_536 * ratio.width) / ratio.height);
  const track = box(
    "trak",
    fullBox(
      "tkhd",
      0,
      3,
      ...[zeros(8), u32(trackId), zeros(4 + 4 + 8 + 4 + 4)],
      ...unityMatrix,
      ...[u32(shownWidth), u32(height * 65_536)],
    ),
    box(
      "mdia",
      // language: und
      fullBox("mdhd", 0, 0, zeros(8), u32(timescale), zeros(4), u16(0x55c4), zeros(2)),
      fullBox("hdlr", 0, 0, zeros(4), ascii("vide"), zeros(12), ascii("video\0")),
      box(
        "minf",
        fullBox("vmhd", 0, 1, zeros(8)),
        box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1))),
        box(
          "stbl",
          fullBox("stsd", 0, 0, u32(1), sampleEntry(start, ratio, configuration(sps, spsNals, ppsNals))),
          fullBox("stts", 0, 0, zeros(4)),
          fullBox("stsc", 0, 0, zeros(4)),
          fullBox("stsz", 0, 0, zeros(8)),
          fullBox("stco", 0, 0, zeros(4)),
        ),
      ),
    ),
  );
  return joinBytes([
    box("ftyp", ascii("iso6"), u32(0), ascii("iso6mp41avc1")),
    box(
      "moov",
      fullBox(
        "mvhd",
        0,
        0,
        ...[zeros(8), u32(timescale), zeros(4), u32(0x10000), u16(0x100), zeros(10)],
        ...unityMatrix,
        ...[zeros(24), u32(trackId + 1)],
      ),
      track,
      box("mvex", fullBox("trex", 0, 0, u32(trackId), u32(1), zeros(12))),
    ),
  ]);
}

/** AVCSampleEntry (14496-15, 5.4.2.1). */
function sampleEntry(
  { format }: AccessUnit,
  ratio: { readonly width: number; readonly height: number },
  avcC: Uint8Array,
): Uint8Array {
  return box(
    "avc1",
    ...[zeros(6), u16(1), zeros(16), u16(format.width), u16(format.height)],
    ...[u32(72 * 65_536), u32(72 * 65_536), zeros(4), u16(1), zeros(32), u16(24), u16(0xffff)],
    box("avcC", avcC),
    box("pasp", u32(ratio.width), u32(ratio.height)),
  );
}

/** AVCDecoderConfigurationRecord (14496-15, 5.3.3.1). */
function configuration(
  sps: SequenceParameterSet,
  spsNals: readonly Uint8Array[],
  ppsNals: readonly Uint8Array[],
): Uint8Array {
  const listed = (nals: readonly Uint8Array[]) => nals.flatMap((nal) => [u16(nal.length), nal]);
  const { profileIdc, constraintSetFlags, levelIdc } = sps;
  const isHigh = ![66, 77, 88].includes(profileIdc);
  const format = [sps.chromaFormatIdc, sps.bitDepthLumaMinus8, sps.bitDepthChromaMinus8];
  return joinBytes([
    Uint8Array.of(1, profileIdc, constraintSetFlags, levelIdc, 0xff, 0xe0 | Math.min(31, spsNals.length)),
    ...listed(spsNals.slice(0, 31)),
    Uint8Array.of(Math.min(255, ppsNals.length)),
    ...listed(ppsNals.slice(0, 255)),
    isHigh ? Uint8Array.of(0xfc | format[0]!, 0xf8 | format[1]!, 0xf8 | format[2]!, 0) : zeros(0),
  ]);
}

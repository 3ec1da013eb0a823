import { canReadSliceData } from "../../dist/h264/slice-data/slice-data.js";
import { SliceDataCheck } from "../../dist/h264/slice-data/slice-data-check.js";
import { NalUnitType } from "../../dist/h264/syntax/nal-unit.js";
import { ParameterSets } from "../../dist/h264/syntax/parameter-sets.js";
import { parseSliceHeader } from "../../dist/h264/syntax/slice-header.js";

/** Pictures of a stream that are shortened, evenly spread over it. */
const shortenedPictures = 20;
const mostBytes = 20;
/** Slices of a picture that are left out, one at a time: some have one a macroblock. */
const mostLeftOut = 20;

/**
 * What reading the slices of a stream to their ends says of it, by kind of picture.
 *
 * @typedef {object} SliceFigures
 * @property {number} pictures
 * @property {number} unread of a kind that is not read
 * @property {number} falseAlarms whole, and not found to be so
 * @property {number} shortened how often a slice was read that lacks 1 to 20 bytes at its end, or as many within
 * @property {number} unnoticed of these
 * @property {number} missing how often a slice was left out of a picture of several
 * @property {number} unnoticedMissing of these
 */

/**
 * @param {import("../../dist/h264/access-unit.js").AccessUnit[]} units of a sound stream
 * @returns {Record<string, SliceFigures>} by kind
 */
export function readSlices(units) {
  const sets = new ParameterSets();
  const check = new SliceDataCheck(true);
  const figures = {};
  const step = Math.ceil(units.length / shortenedPictures);
  for (const [index, { data, nalUnits }] of units.entries()) {
    const nalAt = ({ type, refIdc, offset, length }) => ({
      type,
      refIdc,
      data: data.subarray(offset, offset + length),
    });
    for (const nal of nalUnits) if (isParameterSet(nal)) sets.put(nalAt(nal));
    const slices = nalUnits.filter(isSlice);
    const headers = slices.map((slice) => parseSliceHeader(nalAt(slice), sets));
    if (headers.length === 0) continue;
    figures[kindOf(headers[0])] ??= {
      pictures: 0,
      unread: 0,
      falseAlarms: 0,
      shortened: 0,
      unnoticed: 0,
      missing: 0,
      unnoticedMissing: 0,
    };
    const ofKind = figures[kindOf(headers[0])];
    ofKind.pictures++;
    if (!isInOrder(headers) || !headers.every(canReadSliceData)) ofKind.unread++;
    else if (check.findsDamage(data, nalUnits, sets)) ofKind.falseAlarms++;
    else if (index % step === 0) {
      for (const shorter of shortened(data, nalUnits, slices[index % slices.length])) {
        ofKind.shortened++;
        if (!check.findsDamage(shorter.data, shorter.nalUnits, sets)) ofKind.unnoticed++;
      }
      if (slices.length < 2) continue;
      const apart = Math.ceil(slices.length / mostLeftOut);
      for (const lost of slices.filter((_, place) => place % apart === 0)) {
        const rest = nalUnits.filter((nal) => nal !== lost);
        ofKind.missing++;
        if (!check.findsDamage(data, rest, sets)) ofKind.unnoticedMissing++;
      }
    }
  }
  return figures;
}

const isSlice = ({ type }) => type === NalUnitType.codedSliceNonIdr || type === NalUnitType.codedSliceIdr;
const isParameterSet = ({ type }) =>
  type === NalUnitType.sequenceParameterSet || type === NalUnitType.pictureParameterSet;

/** Arbitrary slice order is refused before slices are read. */
const isInOrder = (headers) =>
  headers.every(({ firstMbInSlice }, i) => i === 0 || firstMbInSlice >= headers[i - 1].firstMbInSlice);

function kindOf({ sps, pps, fieldPicFlag }) {
  const sampling = ["monochrome", "4:2:0", "4:2:2", "4:4:4"][sps.chromaFormatIdc];
  const coding = fieldPicFlag ? "fields" : sps.mbAdaptiveFrameFieldFlag ? "MBAFF" : "frames";
  return `${pps.entropyCodingModeFlag ? "CABAC" : "CAVLC"}, ${coding}, ${sampling}`;
}

/** The access unit without so many bytes of a slice: those at its end, and some after its header. */
function* shortened(data, nalUnits, slice) {
  const end = endOfData(data.subarray(slice.offset, slice.offset + slice.length));
  const afterHeader = 16;
  for (let count = 1; count <= mostBytes && count < end - afterHeader; count++) {
    const within = afterHeader + ((count * 7919) % (end - afterHeader - count));
    for (const at of [end - count, within]) {
      const from = slice.offset + at;
      yield {
        data: Buffer.concat([data.subarray(0, from), data.subarray(from + count)]),
        nalUnits: nalUnits.map((nal) => {
          if (nal === slice) return { ...nal, length: nal.length - count };
          return nal.offset > slice.offset ? { ...nal, offset: nal.offset - count } : nal;
        }),
      };
    }
  }
}

/** Length without cabac_zero_words (7.3.2.8): nothing is missing without them. */
function endOfData(nal) {
  let end = nal.length;
  while (nal[end - 1] === 0 || (nal[end - 1] === 3 && nal[end - 2] === 0 && nal[end - 3] === 0)) end--;
  return end;
}

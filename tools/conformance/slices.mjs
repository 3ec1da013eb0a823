// Reads the slices of sound streams to their ends, whole and with bytes missing.
import { canReadSliceData } from "../../dist/h264/slice-data/slice-data.js";
import { SliceDataCheck } from "../../dist/h264/slice-data/slice-data-check.js";
import { NalUnitType } from "../../dist/h264/syntax/nal-unit.js";
import { ParameterSets } from "../../dist/h264/syntax/parameter-sets.js";
import { parseSliceHeader } from "../../dist/h264/syntax/slice-header.js";

/**
 * @import { AccessUnit, NalUnitRange } from "../../dist/h264/access-unit.js"
 * @import { SliceHeader } from "../../dist/h264/syntax/slice-header.js"
 */

/** Pictures of a stream that are shortened, evenly spread over it. */
const shortenedPictures = 20;
const mostBytes = 20;
/**
 * Slices of a picture that are left out, one at a time: some pictures have a slice per macroblock.
 */
const mostLeftOut = 20;

/**
 * What reading the slices of a stream to their ends found, for one kind of picture.
 *
 * @typedef {object} SliceFigures
 * @property {number} pictures
 * @property {number} unread pictures of a kind that is not read
 * @property {number} falseAlarms whole pictures that were found damaged
 * @property {number} shortened slices read with 1 to 20 bytes missing, at their ends or within
 * @property {number} unnoticed shortened slices that were found whole
 * @property {number} missing slices left out of a picture that has several
 * @property {number} unnoticedMissing pictures that were found whole without that slice
 */

/** @returns {SliceFigures} */
const noFigures = () => ({
  pictures: 0,
  unread: 0,
  falseAlarms: 0,
  shortened: 0,
  unnoticed: 0,
  missing: 0,
  unnoticedMissing: 0,
});

/**
 * @param {readonly AccessUnit[]} units of a sound stream
 * @returns {Map<string, SliceFigures>} by kind of picture
 */
export function readSlices(units) {
  const sets = new ParameterSets();
  const check = new SliceDataCheck(true);
  /** @type {Map<string, SliceFigures>} */
  const figures = new Map();
  const step = Math.ceil(units.length / shortenedPictures);
  for (const [index, { data, nalUnits }] of units.entries()) {
    /** @param {NalUnitRange} range */
    const nalAt = ({ type, refIdc, offset, length }) => ({
      type,
      refIdc,
      data: data.subarray(offset, offset + length),
    });
    for (const nal of nalUnits) if (isParameterSet(nal)) sets.put(nalAt(nal));
    const slices = nalUnits.filter(isSlice);
    const headers = slices.map((slice) => parseSliceHeader(nalAt(slice), sets));
    const [firstHeader] = headers;
    if (!firstHeader) continue;
    const kind = kindOf(firstHeader);
    const ofKind = figures.get(kind) ?? noFigures();
    figures.set(kind, ofKind);
    ofKind.pictures++;
    if (!isInOrder(headers) || !headers.every(canReadSliceData)) ofKind.unread++;
    else if (check.findsDamage(data, nalUnits, sets)) ofKind.falseAlarms++;
    else if (index % step === 0) {
      const [chosen] = slices.slice(index % slices.length);
      for (const shorter of chosen ? shortened(data, nalUnits, chosen) : []) {
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

/** @param {NalUnitRange} nal */
const isSlice = ({ type }) => type === NalUnitType.codedSliceNonIdr || type === NalUnitType.codedSliceIdr;
/** @param {NalUnitRange} nal */
const isParameterSet = ({ type }) =>
  type === NalUnitType.sequenceParameterSet || type === NalUnitType.pictureParameterSet;

/**
 * False for arbitrary slice order, which is refused before slices are read.
 *
 * @param {readonly SliceHeader[]} headers
 */
function isInOrder(headers) {
  let last = 0;
  return headers.every(({ firstMbInSlice }) => {
    const follows = firstMbInSlice >= last;
    last = firstMbInSlice;
    return follows;
  });
}

/** @param {SliceHeader} header */
function kindOf({ sps, pps, fieldPicFlag }) {
  const sampling = ["monochrome", "4:2:0", "4:2:2", "4:4:4"][sps.chromaFormatIdc];
  const coding = fieldPicFlag ? "fields" : sps.mbAdaptiveFrameFieldFlag ? "MBAFF" : "frames";
  return `${pps.entropyCodingModeFlag ? "CABAC" : "CAVLC"}, ${coding}, ${sampling}`;
}

/**
 * The access unit with 1, 2, 3… bytes of a slice missing: once at its end, once after its header.
 *
 * @param {Uint8Array} data
 * @param {readonly NalUnitRange[]} nalUnits
 * @param {NalUnitRange} slice
 */
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

/**
 * Length without cabac_zero_words (7.3.2.8): nothing is missing without them.
 *
 * @param {Uint8Array} nal
 */
function endOfData(nal) {
  let end = nal.length;
  while (nal[end - 1] === 0 || (nal[end - 1] === 3 && nal[end - 2] === 0 && nal[end - 3] === 0)) end--;
  return end;
}

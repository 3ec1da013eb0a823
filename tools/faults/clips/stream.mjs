// The undamaged stream of a run: one clip or several in a row, and what may be expected of each
// picture.
import { clip } from "./clips.mjs";

/**
 * @import { AccessUnit } from "../../../dist/h264/access-unit.js"
 *
 * @typedef {object} StreamPicture
 * @property {number} position in decoding order, from 0
 * @property {number} order in output order, from 0
 * @property {string} digest of the decoded picture
 * @property {Uint8Array} bytes
 * @property {readonly Uint8Array[]} nalUnits
 * @property {AccessUnit} unit
 * @property {boolean} isReference
 * @property {boolean} startsDecoding it and all that follow it in decoding order, except leading
 *   pictures, need nothing before it
 * @property {number | undefined} refreshedFrom position of the recovery point whose gradual refresh
 *   is complete here
 * @property {number | undefined} leadingOf position of the recovery point that it follows in
 *   decoding order and precedes in output order
 *
 * @typedef {object} Stream
 * @property {string} name
 * @property {StreamPicture[]} pictures
 */

/**
 * Positions of lost and of damaged pictures.
 *
 * @extends {Set<number>}
 */
export class Touched extends Set {
  /** @type {Set<number>} */
  damaged = new Set();

  /**
   * The picture came, but not as it was sent.
   *
   * @param {number} position
   */
  damage(position) {
    this.add(position);
    this.damaged.add(position);
  }
}

/**
 * @param {...string} names of clips
 * @returns {Stream}
 */
export function streamOf(...names) {
  /** @type {StreamPicture[]} */
  const pictures = [];
  for (const name of names) {
    const base = pictures.length;
    for (const { unit, rank, digest, bytes, nalUnits } of clip(name).pictures) {
      pictures.push({
        position: pictures.length,
        order: base + rank,
        digest,
        bytes,
        nalUnits,
        unit,
        isReference: unit.picture.reference,
        startsDecoding: startsDecoding(name, unit),
        refreshedFrom: undefined,
        leadingOf: undefined,
      });
    }
  }
  markRefreshed(pictures);
  markLeading(pictures);
  return { name: names.join(" + "), pictures };
}

/**
 * The clips with bare I pictures have one reference frame, which each I picture replaces.
 *
 * @param {string} name
 * @param {AccessUnit} unit
 */
function startsDecoding(name, { randomAccess, recoveryFrameCount }) {
  if (name.includes("bare")) return randomAccess !== undefined;
  return randomAccess === "idr" || (randomAccess === "recovery-point" && recoveryFrameCount === 0);
}

/**
 * Marks the picture at which a gradual refresh is complete.
 *
 * @param {StreamPicture[]} pictures
 */
function markRefreshed(pictures) {
  for (const { position, unit } of pictures) {
    if (unit.recoveryFrameCount > 0) {
      const refreshed = pictures[position + unit.recoveryFrameCount];
      if (refreshed) Object.assign(refreshed, { startsDecoding: true, refreshedFrom: position });
    }
  }
}

/** @param {StreamPicture[]} pictures */
function markLeading(pictures) {
  /** @type {StreamPicture | undefined} */
  let start;
  for (const picture of pictures) {
    if (picture.startsDecoding) start = picture;
    else if (start && !start.unit.picture.idr && picture.order < start.order)
      picture.leadingOf = start.position;
  }
}

/**
 * True when decoding can start at this picture although touched pictures were lost or damaged.
 *
 * @param {StreamPicture} picture
 * @param {Touched} touched
 * @param {number} first position of the first picture that is sent
 */
export function isStart({ position, startsDecoding, refreshedFrom }, touched, first) {
  if (!startsDecoding) return false;
  const from = refreshedFrom ?? position;
  for (let needed = from; needed <= position; needed++)
    if (touched.has(needed) || needed < first) return false;
  return true;
}

/**
 * Positions of the pictures that must be shown although touched pictures were lost or damaged.
 *
 * @param {Stream} stream
 * @param {Touched} touched
 * @param {number} first position of the first picture that is sent
 */
export function picturesToShow({ pictures }, touched, first = 0) {
  const expected = [];
  let sound = false;
  let brokenBefore = true;
  /** @type {number | undefined} */
  let startedAfterBreak;
  for (const picture of pictures.slice(first)) {
    const { position, leadingOf, isReference } = picture;
    if (isStart(picture, touched, first)) {
      startedAfterBreak = sound ? undefined : position;
      brokenBefore = !sound;
      sound = true;
    }
    if (touched.has(position)) {
      // Losing a picture that nothing refers to loses nothing else. A damaged one may hide its
      // damage.
      if (isReference || touched.damaged.has(position)) sound = false;
      continue;
    }
    const lacksReference = brokenBefore && leadingOf !== undefined && leadingOf === startedAfterBreak;
    if (sound && !lacksReference) expected.push(position);
  }
  return expected;
}

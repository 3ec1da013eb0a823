// The undamaged stream of a run: one clip or several in a row, with what may be expected of each of its pictures.
import { clip } from "./clips.mjs";

/**
 * @typedef {object} StreamPicture
 * @property {number} position in decoding order, from 0
 * @property {number} order in output order, from 0
 * @property {string} digest
 * @property {Uint8Array} bytes
 * @property {Uint8Array[]} nalUnits
 * @property {boolean} isReference
 * @property {boolean} startsDecoding it and all after it in decoding order need nothing before it, but for leading pictures
 * @property {number | undefined} refreshedFrom position of the recovery point whose gradual refresh is complete here
 * @property {number | undefined} leadingOf position of the random access point before it in decoding order that it comes
 *   before in output order
 *
 * @typedef {object} Stream
 * @property {string} name
 * @property {StreamPicture[]} pictures
 */

/** @returns {Stream} */
export function streamOf(...names) {
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

/** The clips with bare I pictures are encoded with one reference frame, which such a picture takes. */
function startsDecoding(name, { randomAccess, recoveryFrameCount }) {
  if (name.includes("bare")) return randomAccess !== undefined;
  return randomAccess === "idr" || (randomAccess === "recovery-point" && recoveryFrameCount === 0);
}

/** After a gradual refresh, the picture at which it is complete. */
function markRefreshed(pictures) {
  for (const { position, unit } of pictures) {
    if (unit.recoveryFrameCount > 0) {
      const refreshed = pictures[position + unit.recoveryFrameCount];
      if (refreshed) Object.assign(refreshed, { startsDecoding: true, refreshedFrom: position });
    }
  }
}

function markLeading(pictures) {
  let start;
  for (const picture of pictures) {
    if (picture.startsDecoding) start = picture;
    else if (start && picture.order < start.order) picture.leadingOf = start.position;
  }
}

/** True when decoding can start at this picture although those in `touched` were lost or damaged, and what came before `first`. */
export function isStart({ position, startsDecoding, refreshedFrom }, touched, first) {
  if (!startsDecoding) return false;
  const from = refreshedFrom ?? position;
  for (let needed = from; needed <= position; needed++)
    if (touched.has(needed) || needed < first) return false;
  return true;
}

/**
 * Positions of the pictures that must be shown although those in `touched` were lost or damaged.
 *
 * @param {Stream} stream
 * @param {ReadonlySet<number>} touched
 * @param {number} first position of the first picture that is sent
 */
export function picturesToShow({ pictures }, touched, first = 0) {
  const expected = [];
  let sound = false;
  let brokenBefore = true;
  let startedAfterBreak;
  for (const picture of pictures.slice(first)) {
    const { position, leadingOf, isReference } = picture;
    if (isStart(picture, touched, first)) {
      startedAfterBreak = sound ? undefined : position;
      brokenBefore = !sound;
      sound = true;
    }
    if (touched.has(position)) {
      // A lost picture that nothing refers to takes nothing with it; a damaged one is in `touched` as the parts say.
      if (isReference || touched.damaged?.has(position)) sound = false;
      continue;
    }
    const lacksReference = brokenBefore && leadingOf !== undefined && leadingOf === startedAfterBreak;
    if (sound && !lacksReference) expected.push(position);
  }
  return expected;
}

// What a run sends: an undamaged stream, and what the fault did to each of its pictures.
import { Touched } from "./clips/stream.mjs";

/**
 * @import { IssueCode } from "../../dist/core/issues.js"
 * @import { Choices } from "./choices.mjs"
 * @import { Stream, StreamPicture } from "./clips/stream.mjs"
 */

/**
 * A kind of fault.
 *
 * @typedef {object} Kind
 * @property {string} name
 * @property {readonly IssueCode[]} causes when pictures are held back, at least one of these is
 *   counted
 * @property {boolean} [unnoticeable] the bitstream itself may hide the damage: torn pictures are
 *   counted, and are no failure
 * @property {(choices: Choices) => Plan} plan
 *
 * @typedef {object} Part what is sent of a picture
 * @property {StreamPicture} picture the undamaged one
 * @property {Uint8Array} bytes
 * @property {{ at: number, ms: number }} [stall] the sender pauses after the first `at` bytes
 * @property {"reset" | "end"} [cut] the connection ends after it, and another one is made
 *
 * @typedef {object} Datagram
 * @property {Uint8Array} bytes
 * @property {readonly number[]} positions of the pictures whose bytes it holds
 * @property {boolean} [isLost]
 * @property {boolean} [isMoved] it does not arrive in its place, or not once
 *
 * @typedef {object} DatagramOptions
 * @property {(datagrams: Datagram[]) => Datagram[]} [onTheWay] what the network does to datagrams
 * @property {number} [datagramBytes]
 * @property {boolean} [acrossPictures] datagrams do not end with pictures
 * @property {number} [first] position of the first picture that is sent
 * @property {number} [fps]
 *
 * @typedef {"tcp" | "udp" | "ws"} Transport
 *
 * @typedef {DatagramOptions & PlannedParts} Plan
 *
 * @typedef {object} PlannedParts
 * @property {Stream} stream the undamaged one
 * @property {Transport} transport
 * @property {Part[]} parts
 * @property {Touched} touched
 */

/** @param {Stream} stream */
function partsOf(stream) {
  return stream.pictures.map((picture) => ({ picture, bytes: picture.bytes }));
}

/**
 * A plan without any fault.
 *
 * @param {Stream} stream
 * @param {Transport} transport
 * @param {DatagramOptions} [rest]
 * @returns {Plan}
 */
export function soundPlan(stream, transport, rest = {}) {
  return { stream, transport, parts: partsOf(stream), touched: new Touched(), ...rest };
}

/** @param {readonly Uint8Array[]} pieces */
export function concat(pieces) {
  return new Uint8Array(Buffer.concat(pieces));
}

/**
 * Type of a NAL unit that stands after a start code of four bytes.
 *
 * @param {Uint8Array} nalUnit
 */
export const typeOf = (nalUnit) => (nalUnit[4] ?? 0) & 31;
/** @param {Uint8Array} nalUnit */
export const isSlice = (nalUnit) => typeOf(nalUnit) === 1 || typeOf(nalUnit) === 5;
/** @param {Uint8Array} nalUnit */
export const isParameterSet = (nalUnit) => typeOf(nalUnit) === 7 || typeOf(nalUnit) === 8;

/**
 * A picture in the middle of the stream, never the first, so that there is something before and
 * after it.
 *
 * @param {Choices} choices
 * @param {Stream} stream
 * @param {(picture: StreamPicture) => boolean} [isWanted]
 */
export function somePicture(choices, stream, isWanted = () => true) {
  const { length } = stream.pictures;
  const wanted = stream.pictures.filter(
    (picture) => picture.position > length * 0.1 && picture.position < length * 0.75 && isWanted(picture),
  );
  if (wanted.length === 0) throw new Error(`${stream.name} has no such picture`);
  return choices.pick(wanted);
}

/**
 * What is sent of a picture.
 *
 * @param {Plan} plan
 * @param {StreamPicture} picture that was not left out
 */
export function partOf({ parts }, picture) {
  const part = parts.find((one) => one.picture === picture);
  if (!part) throw new Error(`The plan does not send picture ${picture.position}`);
  return part;
}

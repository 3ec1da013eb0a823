// What is sent of each picture, and what was done to it.

/**
 * @typedef {object} Part
 * @property {number} position of the picture in the stream
 * @property {Uint8Array} bytes what is left of it
 * @property {{ at: number, ms: number }} [stall] the sender pauses so long in it, after so many of its bytes
 * @property {"reset" | "end"} [cut] the connection ends after it, and another one is made
 *
 * @typedef {object} Plan
 * @property {import("./clips/stream.mjs").Stream} stream the undamaged one
 * @property {"tcp" | "udp" | "ws"} transport
 * @property {Part[]} parts
 * @property {Touched} touched
 * @property {(datagrams: Datagram[]) => Datagram[]} [onTheWay] what the network does to datagrams
 * @property {number} [datagramBytes]
 * @property {boolean} [acrossPictures] datagrams do not end with pictures
 * @property {Set<number>} [arrived] positions of which something came, where the network decides
 * @property {number} [sentBytes] that the receiver's system must have got, once it is sent
 * @property {number} [first] position of the first picture sent
 * @property {number} [fps]
 */

/** Positions of lost and of damaged pictures. */
class Touched extends Set {
  damaged = new Set();

  /** The picture came, but not as it was. */
  damage(position) {
    this.add(position);
    this.damaged.add(position);
  }
}

function partsOf(stream) {
  return stream.pictures.map(({ position, bytes }) => ({ position, bytes }));
}

/** A plan without any fault. */
export function soundPlan(stream, transport, rest = {}) {
  return { stream, transport, parts: partsOf(stream), touched: new Touched(), ...rest };
}

export function concat(pieces) {
  return new Uint8Array(Buffer.concat(pieces));
}

/** Type of a NAL unit that stands after a start code of four bytes. */
export const typeOf = (nalUnit) => nalUnit[4] & 31;
export const isSlice = (nalUnit) => typeOf(nalUnit) === 1 || typeOf(nalUnit) === 5;
export const isParameterSet = (nalUnit) => typeOf(nalUnit) === 7 || typeOf(nalUnit) === 8;

/** A position in the middle of the stream, so that there is something before and after; never the first. */
export function somewhere(random, stream, isWanted = () => true) {
  const { length } = stream.pictures;
  const wanted = stream.pictures.filter(
    (picture) => picture.position > length * 0.1 && picture.position < length * 0.75 && isWanted(picture),
  );
  if (wanted.length === 0) throw new Error(`${stream.name} has no such picture`);
  return random.pick(wanted).position;
}

// The bytes of a plan as datagrams, and what the network did to them.

/** @import { Datagram, Plan } from "../plan.mjs" */

/**
 * Cuts a plan into datagrams. Damages the pictures in `plan.touched` that the network's faults
 * reach.
 *
 * @param {Plan} plan
 * @returns {Datagram[]} in the order in which they arrive
 */
export function datagramsOf(plan) {
  const { parts, datagramBytes = 1400, acrossPictures = false, onTheWay, touched } = plan;
  /** @type {Datagram[]} */
  const datagrams = [];
  /** @type {{ pieces: Uint8Array[], length: number, positions: number[] }} */
  let open = { pieces: [], length: 0, positions: [] };
  const finish = () => {
    if (open.length > 0) datagrams.push({ bytes: Buffer.concat(open.pieces), positions: open.positions });
    open = { pieces: [], length: 0, positions: [] };
  };
  for (const { picture, bytes } of parts) {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + datagramBytes - open.length);
      open.pieces.push(piece);
      open.positions.push(picture.position);
      open.length += piece.length;
      at += piece.length;
      const isLast = at === bytes.length;
      if (open.length === datagramBytes || (isLast && !acrossPictures)) finish();
    }
  }
  finish();
  const arriving = onTheWay ? onTheWay(datagrams) : datagrams;
  for (const datagram of arriving) touchAround(datagram, touched);
  return arriving;
}

/**
 * The picture before a hole may get the bytes after it. A late datagram gets into the picture after
 * it.
 *
 * @param {Datagram} datagram
 * @param {Plan["touched"]} touched
 */
function touchAround({ positions, isLost, isMoved }, touched) {
  const [first] = positions;
  const last = positions.at(-1);
  if ((!isLost && !isMoved) || first === undefined || last === undefined) return;
  for (let position = first - 1; position <= last + (isMoved ? 1 : 0); position++) touched.damage(position);
}

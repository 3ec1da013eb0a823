// A plan's bytes as datagrams, and what the network did to them.

/**
 * @typedef {object} Datagram
 * @property {Uint8Array} bytes
 * @property {number[]} positions of the pictures whose bytes it holds
 * @property {boolean} [isLost]
 * @property {boolean} [isMoved] it does not come in its place, or not once
 */

/** @param {import("../parts.mjs").Plan} plan */
export function datagramsOf(plan) {
  const { parts, datagramBytes = 1400, acrossPictures = false, onTheWay, touched } = plan;
  const datagrams = [];
  let open;
  for (const { position, bytes } of parts) {
    for (let at = 0; at < bytes.length; ) {
      open ??= { pieces: [], length: 0, positions: [] };
      const piece = bytes.subarray(at, at + datagramBytes - open.length);
      open.pieces.push(piece);
      open.positions.push(position);
      open.length += piece.length;
      at += piece.length;
      const isLast = at === bytes.length;
      if (open.length === datagramBytes || (isLast && !acrossPictures)) open = void datagrams.push(open);
    }
  }
  if (open) datagrams.push(open);
  const list = datagrams.map(({ pieces, positions }) => ({ bytes: Buffer.concat(pieces), positions }));
  const sent = onTheWay ? onTheWay(list) : list;
  touchAround(sent, touched);
  plan.arrived = new Set(sent.flatMap(({ positions, isLost }) => (isLost ? [] : positions)));
  plan.sentBytes = sent.reduce((sum, { bytes, isLost }) => sum + (isLost ? 0 : bytes.length), 0);
  return sent;
}

/** The picture before may get what follows the hole, and what comes late gets into the picture after. */
function touchAround(datagrams, touched) {
  for (const { positions, isLost, isMoved } of datagrams) {
    if (!isLost && !isMoved) continue;
    const last = positions.at(-1) + (isMoved ? 1 : 0);
    for (let position = positions[0] - 1; position <= last; position++) touched.damage(position);
  }
}

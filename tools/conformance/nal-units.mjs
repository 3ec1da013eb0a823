/** Types of NAL units at which FFmpeg's parser may begin an access unit: 1, 2, 5 and 6 to 9. */
const starting = new Set([1, 2, 5, 6, 7, 8, 9]);

/**
 * Offsets of the header bytes of such NAL units, found without nalive's own parser.
 *
 * @param {Buffer} data
 */
export function startingNalUnits(data) {
  const positions = [];
  const startCode = Buffer.from([0, 0, 1]);
  for (let at = data.indexOf(startCode); at >= 0; at = data.indexOf(startCode, at + 3)) {
    const header = data[at + 3];
    if (header !== undefined && starting.has(header & 31)) positions.push(at + 3);
  }
  return positions;
}

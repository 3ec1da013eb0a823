import type { RbspReader } from "./rbsp-reader.js";

/**
 * A scaling list of 16 or 64 entries in coded order, or "default" for that of table 7-3 or 7-4.
 */
export type ScalingList = "default" | readonly number[];

/**
 * Reads the scaling lists of an SPS or PPS with their present flags (7.3.2.1.1.1). A list that is
 * not present is undefined: fall-back rule A or B of table 7-2 applies.
 *
 * @param count 8 or 12 in an SPS; 6, 8 or 12 in a PPS; the first six have 16 entries
 * @throws BitstreamError
 */
export function readScalingLists(
  reader: RbspReader,
  count: number,
  presentFlag: string,
  clause: string,
): (ScalingList | undefined)[] {
  const lists: (ScalingList | undefined)[] = [];
  for (let index = 0; index < count; index++) {
    lists.push(reader.flag(presentFlag, clause) ? readScalingList(reader, index < 6 ? 16 : 64) : undefined);
  }
  return lists;
}

function readScalingList(reader: RbspReader, size: number): ScalingList {
  const list: number[] = [];
  let lastScale = 8;
  let nextScale = 8;
  for (let index = 0; index < size; index++) {
    if (nextScale !== 0) {
      const deltaScale = reader.se("delta_scale", "7.4.2.1.1.1", -128, 127);
      nextScale = (lastScale + deltaScale + 256) % 256;
      if (index === 0 && nextScale === 0) return "default";
    }
    if (nextScale !== 0) lastScale = nextScale;
    list.push(lastScale);
  }
  return list;
}

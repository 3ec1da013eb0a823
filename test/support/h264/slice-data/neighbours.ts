/** What the neighbours of a macroblock depend on (6.4.8, 6.4.10). */
export interface MacroblockLayout {
  /** PicWidthInMbs. */
  readonly width: number;
  readonly isMbaff: boolean;
  /** True when the macroblock is of the current slice and was decoded already. */
  isAvailable(address: number): boolean;
  /** True for field macroblocks of an MBAFF frame, and all of a field. */
  isField(address: number): boolean;
}

/** A sample of a macroblock. */
export interface Location {
  readonly address: number;
  readonly x: number;
  readonly y: number;
}

/**
 * The derivation process for neighbouring locations (6.4.12) by the letter of the standard, for
 * locations in the macroblock, to its left and above.
 *
 * @param maxW width of the macroblock in samples of the component, as `maxH` its height
 * @returns undefined where the location is not available
 */
export function neighbouringLocation(
  layout: MacroblockLayout,
  address: number,
  xN: number,
  yN: number,
  maxW = 16,
  maxH = 16,
): Location | undefined {
  if (xN >= maxW || yN >= maxH || (xN < 0 && yN < 0)) throw new Error(`${xN}, ${yN} is not left or above`);
  const [neighbour, yM] = layout.isMbaff
    ? inMbaffFrame(layout, address, xN, yN, maxH)
    : [inOtherPicture(layout, address, xN, yN), yN];
  if (neighbour === undefined) return undefined;
  return { address: neighbour, x: (xN + maxW) % maxW, y: (yM + maxH) % maxH };
}

/** 6.4.9 and 6.4.12.1: fields, and frames that are not MBAFF. */
function inOtherPicture({ width, isAvailable }: MacroblockLayout, address: number, xN: number, yN: number) {
  if (xN >= 0 && yN >= 0) return address;
  const isInPicture = xN < 0 ? address % width !== 0 : address >= width;
  const neighbour = xN < 0 ? address - 1 : address - width;
  return isInPicture && isAvailable(neighbour) ? neighbour : undefined;
}

/** 6.4.10, and the rows of table 6-4 for locations to the left and above. */
function inMbaffFrame(
  { width, isAvailable, isField }: MacroblockLayout,
  address: number,
  xN: number,
  yN: number,
  maxH: number,
): [address: number | undefined, yM: number] {
  const currMbFrameFlag = !isField(address);
  const mbIsTopMbFlag = address % 2 === 0;
  const pair = Math.floor(address / 2);
  if (xN >= 0 && yN >= 0) return [address, yN];
  if (yN < 0 && currMbFrameFlag && !mbIsTopMbFlag) return [address - 1, yN];
  const mbAddrX = xN < 0 ? 2 * (pair - 1) : 2 * (pair - width);
  const isInPicture = xN < 0 ? pair % width !== 0 : pair >= width;
  if (!isInPicture || !isAvailable(mbAddrX)) return [undefined, 0];
  const mbAddrXFrameFlag = !isField(mbAddrX);
  const [top, bottom] = [mbAddrX, mbAddrX + 1];
  if (yN < 0) {
    if (currMbFrameFlag) return [bottom, yN];
    if (!mbIsTopMbFlag) return [bottom, yN];
    return mbAddrXFrameFlag ? [bottom, 2 * yN] : [top, yN];
  }
  if (currMbFrameFlag && mbIsTopMbFlag) {
    if (mbAddrXFrameFlag) return [top, yN];
    return yN % 2 === 0 ? [top, yN >> 1] : [bottom, yN >> 1];
  }
  if (currMbFrameFlag) {
    if (mbAddrXFrameFlag) return [bottom, yN];
    return yN % 2 === 0 ? [top, (yN + maxH) >> 1] : [bottom, (yN + maxH) >> 1];
  }
  if (!mbAddrXFrameFlag) return [mbIsTopMbFlag ? top : bottom, yN];
  const row = (yN << 1) + (mbIsTopMbFlag ? 0 : 1);
  return yN < maxH / 2 ? [top, row] : [bottom, row - maxH];
}

/** Narrower tiles show nothing. */
const smallestTile = 260;

/** The columns with which tiles of 16:9 in that room are the largest, all of them in sight where that is possible. */
export function bestColumns(count: number, width: number, height: number): number {
  const most = Math.max(1, Math.min(count, Math.floor(width / smallestTile)));
  for (let columns = 1; columns < most; columns++) {
    const rows = Math.ceil(count / columns);
    if ((width / columns) * (9 / 16) * rows <= height) return columns;
  }
  return most;
}

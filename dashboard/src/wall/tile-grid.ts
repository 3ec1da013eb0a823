/** Narrower tiles show nothing. */
const smallestTile = 260;
/** Around tiles, as the style sheet has it. */
const gap = 4;

/** How tiles are laid out. */
export interface TileGrid {
  readonly columns: number;
  /** Of the whole grid, px. */
  readonly width: number;
}

/** Tiles of 16:9 in that room, as large as they can be with all in sight; where they would be too small, they go on below. */
export function tileGrid(count: number, width: number, height: number): TileGrid {
  if (width < 2 * smallestTile) return { columns: 1, width };
  const most = Math.max(1, Math.min(count, Math.floor(width / smallestTile)));
  let best = { columns: most, width, tile: 0 };
  for (let columns = 1; columns <= most; columns++) {
    const rows = Math.ceil(count / columns);
    const tallest = (height - gap * rows) / rows;
    const tile = Math.min((width - gap * (columns + 1)) / columns, (tallest * 16) / 9);
    if (tile < smallestTile || tile <= best.tile) continue;
    best = { columns, width: Math.floor(tile * columns + gap * (columns + 1)), tile };
  }
  return best;
}

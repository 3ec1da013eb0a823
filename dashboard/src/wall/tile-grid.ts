/** The narrowest useful tile, px. */
const smallestTile = 260;
/** The gap around tiles in the style sheet, px. */
const gap = 4;

/** The layout of the tiles. */
export interface TileGrid {
  readonly columns: number;
  /** Width of the whole grid, px. */
  readonly width: number;
}

/**
 * Lays out tiles of 16:9 in a space of `width` × `height` px: as large as possible with all of them
 * visible. If they would be too small, the grid is higher than the space.
 */
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

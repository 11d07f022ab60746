/** A place in the grid: line and column, both from 0. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** The part of a keyboard event that matters here. */
export interface GridKey {
  readonly key: string;
  readonly ctrlKey: boolean;
}

/**
 * Where a key moves the focus in a grid, by the rules of ARIA's grid pattern: arrows by cell, Home and End within the
 * line, with Ctrl in the whole grid, Page Up and Page Down by `pageSize` lines.
 *
 * @returns undefined for keys that do not move, and at the edges
 */
export function moveInGrid(
  { key, ctrlKey }: GridKey,
  from: GridPlace,
  size: { readonly rows: number; readonly columns: number; readonly pageSize: number },
): GridPlace | undefined {
  const target = destination(key, ctrlKey, from, size);
  if (!target) return undefined;
  const row = Math.min(size.rows - 1, Math.max(0, target.row));
  const column = Math.min(size.columns - 1, Math.max(0, target.column));
  return row === from.row && column === from.column ? undefined : { row, column };
}

function destination(
  key: string,
  isFar: boolean,
  { row, column }: GridPlace,
  size: { readonly rows: number; readonly columns: number; readonly pageSize: number },
): GridPlace | undefined {
  switch (key) {
    case "ArrowUp":
      return { row: isFar ? 0 : row - 1, column };
    case "ArrowDown":
      return { row: isFar ? size.rows - 1 : row + 1, column };
    case "ArrowLeft":
      return { row, column: isFar ? 0 : column - 1 };
    case "ArrowRight":
      return { row, column: isFar ? size.columns - 1 : column + 1 };
    case "Home":
      return { row: isFar ? 0 : row, column: 0 };
    case "End":
      return { row: isFar ? size.rows - 1 : row, column: size.columns - 1 };
    case "PageUp":
      return { row: row - size.pageSize, column };
    case "PageDown":
      return { row: row + size.pageSize, column };
    default:
      return undefined;
  }
}

/** Moving between the cells of a grid row. A row may lack cells. */
import type { GridRow } from '$lib/bindings/GridRow';

export function rowKey(row: GridRow): string {
  return `${row.case_key} ${row.repeat}`;
}

export function columnOfCell(row: GridRow, cellId: string): number | null {
  const index = row.cells.findIndex((cell) => cell?.id === cellId);
  return index < 0 ? null : index;
}

/** The cell in this column, or the nearest one the row has. */
export function cellOf(row: GridRow, column: number): string | null {
  const here = row.cells[column];
  if (here) return here.id;
  for (let away = 1; away < row.cells.length; away += 1) {
    const near = row.cells[column - away] ?? row.cells[column + away];
    if (near) return near.id;
  }
  return null;
}

/** The next column with a cell in this direction; null at the edge. */
export function besideColumn(row: GridRow, column: number, step: number): number | null {
  for (let next = column + step; next >= 0 && next < row.cells.length; next += step) {
    if (row.cells[next]) return next;
  }
  return null;
}

/** Finding one's way among compared rows of which only some pages are loaded. */
import type { CompareRow } from '$lib/bindings/CompareRow';
import type { Paged } from '$lib/query.svelte';

type Key = Pick<CompareRow, 'case_key' | 'repeat'>;

export function rowId(row: Key): string {
  return `${row.case_key} #${row.repeat}`;
}

/** Index of the row among those loaded, or -1. */
export function indexOf(rows: Pick<Paged<CompareRow>, 'total' | 'at'>, key: Key | null): number {
  if (key === null) return -1;
  const id = rowId(key);
  for (let index = 0; index < (rows.total ?? 0); index += 1) {
    const row = rows.at(index);
    if (row && rowId(row) === id) return index;
  }
  return -1;
}

/** The row `step` away; at the ends there is none. */
export function beside(
  rows: Pick<Paged<CompareRow>, 'total' | 'at'>,
  key: Key | null,
  step: 1 | -1,
): CompareRow | undefined {
  const here = indexOf(rows, key);
  if (here < 0) return rows.at(step > 0 ? 0 : (rows.total ?? 0) - 1);
  return rows.at(here + step);
}

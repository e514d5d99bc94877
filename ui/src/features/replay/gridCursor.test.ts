import type { CellBrief } from '$lib/bindings/CellBrief';
import type { GridRow } from '$lib/bindings/GridRow';
import { describe, expect, it } from 'vitest';
import { besideColumn, cellOf, columnOfCell } from './gridCursor';

const brief = (id: string): CellBrief => ({
  id,
  status: 'complete',
  origin: 'live',
  preview: '',
  passed: null,
  diverged: false,
  latency_ms: null,
  tokens_out: null,
  cost_usd: null,
});
const row: GridRow = { case_key: 'c', repeat: 0, cells: [brief('a'), null, brief('b'), null] };

describe('cursor in a grid row', () => {
  it('skips cells the run does not have', () => {
    expect(besideColumn(row, 0, 1)).toBe(2);
    expect(besideColumn(row, 2, -1)).toBe(0);
    expect(besideColumn(row, 2, 1)).toBeNull();
    expect(besideColumn(row, 0, -1)).toBeNull();
  });

  it('takes the nearest cell where there is none', () => {
    expect(cellOf(row, 1)).toBe('a');
    expect(cellOf(row, 3)).toBe('b');
    expect(cellOf({ ...row, cells: [null] }, 0)).toBeNull();
  });

  it('finds a cell again by its id', () => {
    expect(columnOfCell(row, 'b')).toBe(2);
    expect(columnOfCell(row, 'x')).toBeNull();
  });
});

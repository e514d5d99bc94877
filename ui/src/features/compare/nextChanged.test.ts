import type { CompareRow } from '$lib/bindings/CompareRow';
import { expect, it, vi } from 'vitest';
import { nextChanged } from './nextChanged';

const TOTAL = 1000;
const rows = Array.from({ length: TOTAL }, (_, i) => ({
  case_key: `case-${i}`,
  verdict: i === 3 || i === 640 ? 'broken' : 'same',
})) as CompareRow[];
const read = (offset: number, limit: number) => Promise.resolve(rows.slice(offset, offset + limit));

it('goes over pages to the next case that changed, both ways', async () => {
  const asked = vi.fn(read);
  expect((await nextChanged(asked, 4, 1, TOTAL))?.case_key).toBe('case-640');
  expect(asked).toHaveBeenCalledTimes(7);
  expect((await nextChanged(read, 639, -1, TOTAL))?.case_key).toBe('case-3');
  expect((await nextChanged(read, 640, -1, TOTAL))?.case_key).toBe('case-640');
});

it('ends at the ends, and where nothing comes', async () => {
  expect(await nextChanged(read, 641, 1, TOTAL)).toBeNull();
  expect(await nextChanged(read, 2, -1, TOTAL)).toBeNull();
  expect(await nextChanged(read, -1, -1, TOTAL)).toBeNull();
  expect(await nextChanged(async () => [], 0, 1, TOTAL)).toBeNull();
});

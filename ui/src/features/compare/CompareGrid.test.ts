import type { CompareRow } from '$lib/bindings/CompareRow';
import { setHost, type Host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import CompareScreen from './CompareScreen.svelte';
import { mapBlocks } from './mapBlocks';

const TOTAL = 100_000;

function row(position: number): CompareRow {
  const cell = {
    verdict: null,
    kinds: [],
    reason: null,
    preview: `answer ${position}`,
    passed: true,
    flips: false,
    distinct: 1,
    repeats: 1,
  };
  return {
    position,
    case_key: `case-${position}`,
    verdict: 'changed',
    cells: [cell, { ...cell, verdict: 'changed' }],
    decision: null,
    labels: [],
  };
}

function largeHost(): Host {
  return {
    ...fixtureHost(),
    compareRows: vi.fn(async (_sides, _filter, offset: number, limit: number) => ({
      total: TOTAL,
      rows: Array.from({ length: Math.min(limit, TOTAL - offset) }, (_, i) => row(offset + i)),
    })),
    compareMap: async () => ({ total: TOTAL, stretches: ['same', 'broken', 'broken', 'changed'] }),
    comparePlace: async (_sides, _filter, key: string) => Number(key.slice('case-'.length)),
  };
}

it('holds a hundred thousand cases with a few dozen rows', async () => {
  const host = largeHost();
  setHost(host);
  router.go('#/compare');
  render(CompareScreen);
  const user = userEvent.setup();
  const grid = await screen.findByRole('grid', { name: /100,000 cases/ });
  expect(screen.getAllByRole('row').length).toBeLessThan(80);
  grid.focus();
  await user.keyboard('{End}');
  await waitFor(() => expect(router.route.params.row).toBe(`case-${TOTAL - 1}`));
  await fireEvent.scroll(grid);
  expect(screen.getAllByRole('row').length).toBeLessThan(80);
  expect(await screen.findByText(`case-${TOTAL - 1}`)).toBeInTheDocument();
  const limits = vi.mocked(host.compareRows).mock.calls.map((call) => call[3]);
  expect(Math.max(...limits)).toBeLessThanOrEqual(100);
});

it('goes where the map is pressed', async () => {
  setHost(largeHost());
  router.go('#/compare');
  render(CompareScreen);
  const grid = await screen.findByRole('grid', { name: /100,000 cases/ });
  await waitFor(() => expect(document.querySelector('.strip')).not.toBeNull());
  const strip = document.querySelector('.strip') as HTMLElement;
  await fireEvent.mouseMove(strip, { clientY: 300 });
  expect(strip.title).toBe('Cases 25,001 to 50,000: broken');
  await fireEvent.click(strip, { clientY: 400 });
  await fireEvent.scroll(grid);
  expect(grid.scrollTop).toBeGreaterThan((TOTAL / 2 - 100) * 28);
  expect(await screen.findByText('case-50000')).toBeInTheDocument();
});

it('opens a case by its link wherever it stands', async () => {
  setHost(largeHost());
  router.go('#/compare?row=case-77777&show=grid');
  render(CompareScreen);
  const grid = await screen.findByRole('grid', { name: /100,000 cases/ });
  await fireEvent.scroll(grid);
  expect(await screen.findByText('case-77777')).toBeInTheDocument();
});

it('draws equal stretches as one, and none that are the same', () => {
  expect(mapBlocks(['same', 'broken', 'broken', 'changed', 'same', 'changed'])).toEqual([
    { start: 1, length: 2, verdict: 'broken' },
    { start: 3, length: 1, verdict: 'changed' },
    { start: 5, length: 1, verdict: 'changed' },
  ]);
});

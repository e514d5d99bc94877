import { bindKeys, available } from '$lib/commands.svelte';
import type { Host } from '$lib/host';
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import CompareScreen from './CompareScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  host = fixtureHost();
  setHost(host);
});

function open(hash: string) {
  router.go(hash);
  return { ...render(CompareScreen), user: userEvent.setup() };
}

/** The keys of the screen, as the frame binds them. */
async function withKeys(user: ReturnType<typeof userEvent.setup>, keys: string[]) {
  for (const key of keys) {
    const off = bindKeys(available());
    await user.keyboard(key);
    off();
  }
}

const theGrid = () => screen.findByRole('grid', { name: /Compared answers/ });
/** Rows of the grid without its head. */
const rowsOf = (grid: HTMLElement) => within(grid).getAllByRole('row').slice(1);

async function violations(container: HTMLElement): Promise<string[]> {
  const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
  return found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`);
}

describe('compare', () => {
  it('starts with the latest run and says the verdict first', async () => {
    open('#/compare');
    expect(await screen.findByText(/18 of 47 answers moved/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: /fixed 13/ })).toBeInTheDocument();
    expect(rowsOf(await theGrid())).toHaveLength(19);
  });

  it('goes through cases with j and k, and opens and closes the pair with g and Esc', async () => {
    const { user } = open('#/compare');
    await theGrid();
    await withKeys(user, ['j']);
    const first = router.route.params.row;
    expect(first).toBeTruthy();
    await withKeys(user, ['j']);
    expect(router.route.params.row).not.toBe(first);
    await withKeys(user, ['k']);
    expect(router.route.params.row).toBe(first);
    expect(screen.getByRole('row', { selected: true })).toHaveTextContent(first ?? '');
    await withKeys(user, ['g']);
    expect(await screen.findByText('1 of 19')).toBeInTheDocument();
    await withKeys(user, ['{Escape}']);
    await theGrid();
    expect(router.route.params.row).toBe(first);
  });

  it('steps through changes with n, and on to the next case past the last', async () => {
    const { user } = open('#/compare?row=ticket-014');
    await screen.findByText('1 change', { exact: false });
    await screen.findByText('8 of 19');
    await withKeys(user, ['n']);
    expect(await screen.findByText(/at 1/)).toBeInTheDocument();
    expect(router.route.params.row).toBe('ticket-014');
    await withKeys(user, ['n']);
    await waitFor(() => expect(router.route.params.row).toBe('ticket-015'));
  });

  it('leaps over what is the same with n where that is shown, too', async () => {
    const { user } = open('#/compare?same=1&row=ticket-004&show=grid');
    await waitFor(() => expect(screen.getByRole('row', { selected: true })).toBeInTheDocument());
    await withKeys(user, ['n']);
    await waitFor(() => expect(router.route.params.row).toBe('ticket-006'));
    await withKeys(user, ['p']);
    await waitFor(() => expect(router.route.params.row).toBe('ticket-004'));
  });

  it('switches the view with v and offers JSON paths only for JSON', async () => {
    const { user, container } = open('#/compare?row=ticket-014');
    const modes = await screen.findByRole('radiogroup', { name: 'View of the pair' });
    expect(within(modes).getByRole('radio', { name: 'Side by side' })).toBeChecked();
    await withKeys(user, ['v', 'v', 'v']);
    expect(within(modes).getByRole('radio', { name: 'JSON paths' })).toBeChecked();
    expect(container.textContent).toContain('$.queue');
    router.set({ row: 'ticket-002' });
    await screen.findByRole('heading', { name: 'ticket-002' });
    expect(screen.getByRole('radio', { name: 'JSON paths' })).toBeDisabled();
  });

  it('filters by verdict, by kind of change and by text', async () => {
    const { user } = open('#/compare');
    await user.click(await screen.findByRole('button', { name: /broken 2/ }));
    expect(router.route.params.verdict).toBe('broken');
    await waitFor(async () => expect(rowsOf(await theGrid())).toHaveLength(2));
    for (const row of rowsOf(await theGrid())) expect(row).toHaveTextContent('broken');
    await user.click(screen.getByRole('button', { name: /broken 2/ }));
    await user.click(screen.getByRole('button', { name: /^formatting only/ }));
    expect(router.route.params.kind).toBe('formatting');
    await waitFor(async () => expect(rowsOf(await theGrid())).toHaveLength(3));
    await user.click(screen.getByRole('button', { name: 'Clear the filter' }));
    await user.type(screen.getByRole('searchbox'), 'TICKET-014{Enter}');
    await waitFor(async () => expect(rowsOf(await theGrid())).toHaveLength(1));
    expect(router.route.params.q).toBe('TICKET-014');
  });

  it('swaps the sides', async () => {
    const { user } = open('#/compare');
    await user.click(await screen.findByRole('button', { name: /Swap A and B/ }));
    expect(router.route.params.a).toMatch(/\.1$/);
    expect(router.route.params.b).toMatch(/\.0$/);
  });

  it('shows hostile answers as text, also as Markdown', async () => {
    const { container } = open('#/compare?row=ticket-023&view=markdown');
    await screen.findByRole('heading', { name: 'ticket-023' });
    expect(container.textContent).toContain('onerror=');
    expect(container.querySelector('img')).toBeNull();
  });

  it('says why two cannot be compared', async () => {
    open('#/compare?row=ticket-018');
    expect(await screen.findByText(/Not compared: A has no whole answer/)).toBeInTheDocument();
  });

  it('says what to do without runs', async () => {
    setHost({ ...host, runList: async () => [] });
    open('#/compare');
    expect(await screen.findByText('Which answers moved?')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'New run…' })).toBeEnabled();
  });

  it('shows a problem where it happened', async () => {
    open('#/compare?a=gone.0&b=gone.1');
    const alerts = await screen.findAllByRole('alert');
    expect(alerts.some((alert) => alert.textContent?.includes('no run `gone`'))).toBe(true);
  });

  it('says what the figures can show', async () => {
    open('#/compare?tab=figures');
    expect(await screen.findByText('about 1,100 cases')).toBeInTheDocument();
    expect(screen.getByRole('columnheader', { name: 'p (Holm)' })).toBeInTheDocument();
  });

  it('has no accessibility violations, grid, pair and reviews', async () => {
    for (const hash of ['#/compare', '#/compare?row=ticket-014', '#/compare?tab=reviews']) {
      const { container, unmount } = open(hash);
      await screen.findByText(/18 of 47 answers moved/);
      if (hash.includes('row=')) await screen.findByText('Measured');
      else if (hash.includes('tab=')) await screen.findByText('Checklist');
      else await theGrid();
      expect(await violations(container)).toEqual([]);
      unmount();
    }
  });
});

describe('several sides', () => {
  async function four() {
    const run = (await host.runList()).find((row) => row.plan.repeats > 1);
    return `#/compare?a=${run?.id}.0&b=${run?.id}.1,${run?.id}.2,${run?.id}.3`;
  }

  it('stand in columns, and one of them is looked at', async () => {
    const { user } = open(await four());
    const grid = await theGrid();
    const heads = within(grid).getAllByRole('columnheader');
    expect(heads.map((head) => head.textContent?.trim().slice(0, 2))).toEqual([
      'Ca',
      'A ',
      'B ',
      'C ',
      'D ',
      'Re',
    ]);
    const sides = screen.getByRole('radiogroup', { name: 'Side that is looked at' });
    await user.click(within(sides).getAllByRole('radio')[1] as HTMLElement);
    expect(router.route.params.with).toBe('2');
    // Counts are those of the side, and so is the filter.
    await user.click(screen.getByRole('button', { name: /^fixed \d/ }));
    expect(router.route.params.col).toBe('2');
  });

  it('show repeats that differ and flaky cases, and can be narrowed to them', async () => {
    const { user } = open(await four());
    const grid = await theGrid();
    expect(within(grid).getAllByText('flaky').length).toBeGreaterThan(0);
    expect(within(grid).getAllByText('2 different answers').length).toBeGreaterThan(0);
    await user.click(screen.getByRole('checkbox', { name: 'Flaky' }));
    expect(router.route.params.flaky).toBe('1');
    await waitFor(async () => {
      for (const row of rowsOf(await theGrid())) expect(row).toHaveTextContent('flaky');
    });
  });

  it('are rearranged in the dialog', async () => {
    const { user } = open(await four());
    await user.click(await screen.findByRole('button', { name: 'Sides…' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: 'Make C the baseline' }));
    expect(router.route.params.a).toMatch(/\.2$/);
    await user.click(within(dialog).getByRole('button', { name: 'Remove D' }));
    expect(router.route.params.b?.split(',')).toHaveLength(2);
    await user.click(within(dialog).getByRole('button', { name: 'Add a side' }));
    await waitFor(() => expect(router.route.params.b?.split(',')).toHaveLength(3));
  });

  it('offer the different answers of a case, and the tools it called', async () => {
    const { user } = open(`${await four()}&row=ticket-007`);
    const picker = await screen.findByRole('combobox', { name: 'Answer of B' });
    expect(screen.getByText(/other repeats gave other answers/)).toBeInTheDocument();
    const [, second] = within(picker).getAllByRole('option');
    await user.selectOptions(picker, second as HTMLElement);
    expect(router.route.params.rep).toMatch(/^\d-\d$/);
    router.set({ row: 'ticket-005', with: 2, rep: null });
    expect(await screen.findByText('only C calls it')).toBeInTheDocument();
  });

  it('have columns that the arrow keys size', async () => {
    const { user } = open(await four());
    const handle = await screen.findByRole('separator', { name: /Width of column Case/ });
    const before = Number(handle.getAttribute('aria-valuenow'));
    handle.focus();
    await user.keyboard('{ArrowRight}');
    await waitFor(() => expect(Number(handle.getAttribute('aria-valuenow'))).not.toBe(before));
    expect(localStorage.getItem('plumbline.compare.widths')).toContain('case');
  });
});

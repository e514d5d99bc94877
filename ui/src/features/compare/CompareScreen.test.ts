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
async function withKeys(user: ReturnType<typeof userEvent.setup>, keys: string) {
  for (const key of keys) {
    const off = bindKeys(available());
    await user.keyboard(key);
    off();
  }
}

async function violations(container: HTMLElement): Promise<string[]> {
  const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
  return found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`);
}

describe('compare', () => {
  it('starts with the latest run and says the verdict first', async () => {
    open('#/compare');
    expect(await screen.findByText(/18 of 47 answers moved/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: /fixed 13/ })).toBeInTheDocument();
    expect(screen.getByText('What differs in the request')).toBeInTheDocument();
  });

  it('goes through cases with j and k and to one by its link', async () => {
    const { user } = open('#/compare');
    await screen.findByRole('listbox', { name: 'Cases that moved' });
    await withKeys(user, 'j');
    const first = router.route.params.row;
    expect(first).toBeTruthy();
    await withKeys(user, 'j');
    expect(router.route.params.row).not.toBe(first);
    await withKeys(user, 'k');
    expect(router.route.params.row).toBe(first);
    expect(await screen.findByText('1 of 19')).toBeInTheDocument();
  });

  it('steps through changes with n, and on to the next case past the last', async () => {
    const { user } = open('#/compare?row=ticket-014');
    await screen.findByText('1 change', { exact: false });
    await screen.findByText('8 of 19');
    await withKeys(user, 'n');
    expect(await screen.findByText(/at 1/)).toBeInTheDocument();
    expect(router.route.params.row).toBe('ticket-014');
    await withKeys(user, 'n');
    await waitFor(() => expect(router.route.params.row).toBe('ticket-015'));
  });

  it('switches the view with v and offers JSON paths only for JSON', async () => {
    const { user, container } = open('#/compare?row=ticket-014');
    const modes = await screen.findByRole('radiogroup', { name: 'View of the pair' });
    expect(within(modes).getByRole('radio', { name: 'Side by side' })).toBeChecked();
    await withKeys(user, 'vv');
    expect(within(modes).getByRole('radio', { name: 'JSON paths' })).toBeChecked();
    expect(container.textContent).toContain('$.queue');
    router.set({ row: 'ticket-002' });
    await screen.findByRole('heading', { name: 'ticket-002' });
    expect(screen.getByRole('radio', { name: 'JSON paths' })).toBeDisabled();
  });

  it('filters by verdict and by kind of change', async () => {
    const { user } = open('#/compare');
    await user.click(await screen.findByRole('button', { name: /broken 2/ }));
    expect(router.route.params.verdict).toBe('broken');
    const list = await screen.findByRole('listbox', { name: 'Cases that moved' });
    await waitFor(() => expect(within(list).getAllByRole('option')).toHaveLength(2));
    for (const option of within(list).getAllByRole('option')) {
      expect(option).toHaveTextContent('broken');
    }
    await user.click(screen.getByRole('button', { name: /broken 2/ }));
    await user.click(screen.getByRole('button', { name: /^formatting only/ }));
    expect(router.route.params.kind).toBe('formatting');
  });

  it('swaps the sides', async () => {
    const { user } = open('#/compare');
    await user.click(await screen.findByRole('button', { name: /Swap A and B/ }));
    expect(router.route.params.a).toMatch(/\.1$/);
    expect(router.route.params.b).toMatch(/\.0$/);
  });

  it('shows hostile answers as text', async () => {
    const { container } = open('#/compare?row=ticket-023');
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

  it('has no accessibility violations, overview and pair', async () => {
    const first = open('#/compare');
    await screen.findByText('Both sides');
    await screen.findByRole('listbox', { name: 'Cases that moved' });
    expect(await violations(first.container)).toEqual([]);
    first.unmount();
    const second = open('#/compare?row=ticket-014');
    await screen.findByRole('radiogroup', { name: 'View of the pair' });
    await screen.findByText('Measured');
    expect(await violations(second.container)).toEqual([]);
  });
});

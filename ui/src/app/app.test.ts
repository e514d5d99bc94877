import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { theme } from '$lib/theme.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import App from './App.svelte';
import { findCommands } from './findCommands';

const user = userEvent.setup();

beforeEach(() => setHost(fixtureHost()));

describe('palette', () => {
  it('opens by key, finds by words, runs by Enter', async () => {
    render(App);
    await screen.findByRole('listbox', { name: 'Prompts' });
    await user.keyboard('{Control>}k{/Control}');
    const field = await screen.findByRole('combobox', { name: 'Find a command' });
    await waitFor(() => expect(field).toHaveFocus());
    await user.keyboard('cost go');
    const [best] = screen.getAllByRole('option', { selected: true });
    expect(best).toHaveTextContent('Go to Cost');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(location.hash).toBe('#/cost'));
    await waitFor(() => expect(field).not.toBeInTheDocument());
  });

  it('moves with the arrows, around the ends, and closes with Esc', async () => {
    render(App);
    await screen.findByRole('listbox', { name: 'Prompts' });
    await user.keyboard('{Control>}k{/Control}');
    const field = await screen.findByRole('combobox', { name: 'Find a command' });
    await waitFor(() => expect(field).toHaveFocus());
    const list = screen.getByRole('listbox', { name: 'Commands' });
    await user.keyboard('{ArrowUp}');
    const options = within(list).getAllByRole('option');
    expect(options.at(-1)).toHaveAttribute('aria-selected', 'true');
    await user.keyboard('{ArrowDown}{Escape}');
    await waitFor(() => expect(screen.queryByRole('listbox', { name: 'Commands' })).toBeNull());
    expect(location.hash).toBe('#/prompts');
  });

  it('asks that every word occurs and puts early matches first', () => {
    const commands = ['Import traces', 'Go to Traces', 'Go to Cost'].map((label) => ({
      id: label,
      label,
      group: 'x',
      run: () => undefined,
    }));
    expect(findCommands(commands, 'traces').map((c) => c.label)).toEqual([
      'Import traces',
      'Go to Traces',
    ]);
    expect(findCommands(commands, 'go tra').map((c) => c.label)).toEqual(['Go to Traces']);
    expect(findCommands(commands, 'nothing')).toEqual([]);
  });
});

describe('keys', () => {
  it('goes to a screen by chord, but not while typing', async () => {
    render(App);
    const filter = await screen.findByRole('searchbox', { name: 'Filter prompts' });
    filter.focus();
    await user.keyboard('gc');
    expect(location.hash).toBe('#/prompts');
    filter.blur();
    await user.keyboard('g$');
    await waitFor(() => expect(location.hash).toBe('#/cost'));
  });

  it('shows the keys of the screen with ?', async () => {
    render(App);
    await screen.findByRole('listbox', { name: 'Prompts' });
    await user.keyboard('?');
    const sheet = await screen.findByRole('dialog', { name: 'Keys' });
    expect(sheet).toHaveTextContent('Go to Compare');
  });

  it('goes back one level with Esc', async () => {
    history.replaceState(null, '', '#/prompts/ticket-triage');
    render(App);
    await screen.findByRole('heading', { name: 'ticket-triage' });
    (document.activeElement as HTMLElement | null)?.blur();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(location.hash).toBe('#/prompts'));
  });
});

describe('first start', () => {
  it('offers three doors; the demo runs, reports and fills the workspace', async () => {
    setHost(fixtureHost({ empty: true }));
    render(App);
    expect(await screen.findByRole('button', { name: /Import traces/ })).toBeVisible();
    expect(screen.getByRole('button', { name: /Open a prompts folder/ })).toBeVisible();
    await user.click(screen.getByRole('button', { name: /Open the demo/ }));
    const bars = await screen.findAllByRole('progressbar', { name: 'Demo: ticket triage' });
    expect(bars.length).toBeGreaterThan(0);
    expect(screen.getByRole('button', { name: 'Cancel Demo: ticket triage' })).toBeVisible();
    await waitFor(() => expect(location.hash).toMatch(/^#\/compare\?a=.+\.0&b=.+\.1$/));
    expect(await screen.findByText(/Demo finished/)).toBeVisible();
  });
});

describe('problems and theme', () => {
  it('shows in the status bar that the workspace cannot be read', async () => {
    const problem = { code: 'busy' as const, message: 'another window is writing', hint: null };
    setHost({ ...fixtureHost(), workspaceInfo: () => Promise.reject(problem) });
    render(App);
    expect(await screen.findByText('another window is writing')).toBeVisible();
  });

  it('follows the system until the person chooses, and remembers the choice', () => {
    const stop = theme.start();
    expect(document.documentElement.dataset.theme).toBe('light');
    theme.choose('dark');
    expect(document.documentElement.dataset.theme).toBe('dark');
    expect(localStorage.getItem('plumbline.theme')).toBe('dark');
    theme.choose('system');
    expect(localStorage.getItem('plumbline.theme')).toBeNull();
    stop();
  });

  it('takes a dark system as dark', () => {
    const real = window.matchMedia;
    vi.stubGlobal('matchMedia', (query: string) =>
      Object.assign(real(query), { matches: query.includes('dark') }),
    );
    const stop = theme.start();
    expect(document.documentElement.dataset.theme).toBe('dark');
    stop();
    vi.stubGlobal('matchMedia', real);
  });
});

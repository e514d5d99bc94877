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

async function withKeys(user: ReturnType<typeof userEvent.setup>, keys: string[]) {
  for (const key of keys) {
    const off = bindKeys(available());
    await user.keyboard(key);
    off();
  }
}

async function twoSides() {
  const run = (await host.runList())[0];
  const side = (column: number) => ({ run_id: run?.id ?? '', column });
  return [side(0), side(1)] as [ReturnType<typeof side>, ReturnType<typeof side>];
}

describe('decisions', () => {
  it('are made and taken back with a, r and u', async () => {
    const { user } = open('#/compare?row=ticket-014');
    await screen.findByRole('button', { name: 'Accept' });
    await withKeys(user, ['a']);
    expect(await screen.findByRole('button', { name: 'Undo' })).toBeInTheDocument();
    expect((await host.reviewSummary(await twoSides())).accepted).toBe(1);
    await withKeys(user, ['u']);
    await screen.findByRole('button', { name: 'Reject' });
    await withKeys(user, ['r']);
    await screen.findByRole('button', { name: 'Undo' });
    expect(await host.reviewSummary(await twoSides())).toMatchObject({ accepted: 0, rejected: 1 });
  });

  it('about a whole kind of change cover its cases', async () => {
    const add = vi.spyOn(host, 'reviewAdd');
    const { user } = open('#/compare');
    await user.click(await screen.findByRole('button', { name: 'Accept all: formatting only' }));
    expect(add.mock.calls[0]).toMatchObject([
      { on: 'group', kind: 'formatting' },
      { said: 'decision', decision: 'accept', cases: 3 },
    ]);
    expect(await screen.findByText('15 cases undecided')).toBeInTheDocument();
    const grid = screen.getByRole('grid');
    expect(within(grid).getAllByText('accepted')).toHaveLength(3);
    await user.click(screen.getByRole('button', { name: /Undo the decision about: formatting/ }));
    expect(await screen.findByText('18 cases undecided')).toBeInTheDocument();
  });

  it('leave what is undecided', async () => {
    const { user } = open('#/compare?undecided=1&row=ticket-014&show=grid');
    const grid = await screen.findByRole('grid');
    const before = within(grid).getAllByRole('row').length;
    await waitFor(() => expect(screen.getByText('Measured')).toBeInTheDocument());
    await withKeys(user, ['a']);
    await waitFor(() =>
      expect(within(screen.getByRole('grid')).getAllByRole('row')).toHaveLength(before - 1),
    );
  });
});

describe('what is said about an answer', () => {
  it('is a set of labels that the cases can be filtered by', async () => {
    const { user } = open('#/compare?row=ticket-014');
    await screen.findByText('Measured');
    await withKeys(user, ['l']);
    await user.type(await screen.findByLabelText('Labels'), 'odd, odd, terse');
    await user.click(screen.getByRole('button', { name: 'Set labels' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(await screen.findByText('terse')).toBeInTheDocument();
    router.set({ row: null });
    await user.selectOptions(await screen.findByRole('combobox', { name: 'Label' }), 'odd');
    await waitFor(() => {
      const rows = within(screen.getByRole('grid')).getAllByRole('row').slice(1);
      expect(rows.map((row) => row.textContent)).toEqual([expect.stringContaining('ticket-014')]);
    });
  });

  it('is a note that can be edited', async () => {
    const { user } = open('#/compare?row=ticket-014');
    await screen.findByText('Measured');
    await withKeys(user, ['m']);
    await user.type(await screen.findByLabelText('Note'), 'why shipping?');
    await user.click(screen.getByRole('button', { name: 'Save note' }));
    expect(await screen.findByText(/why shipping\?/)).toBeInTheDocument();
    await withKeys(user, ['m']);
    expect(await screen.findByLabelText('Note')).toHaveValue('why shipping?');
  });

  it('becomes a case of a dataset', async () => {
    const made = vi.spyOn(host, 'reviewToCase');
    const { user } = open('#/compare?row=ticket-014');
    await screen.findByText('Measured');
    await withKeys(user, ['e']);
    await user.type(await screen.findByLabelText('Dataset'), 'tickets');
    await user.click(screen.getByRole('button', { name: 'Add case' }));
    await waitFor(() => expect(made).toHaveBeenCalledWith(expect.any(String), 'tickets', null));
  });

  it('goes through the checklist of the sides', async () => {
    await host.reviewRubricSet(...(await twoSides()), ['names the queue', 'is brief']);
    const { user } = open('#/compare?row=ticket-014');
    const list = await screen.findByRole('group', { name: 'Checklist' });
    await user.click(within(list).getByRole('checkbox', { name: 'is brief' }));
    await waitFor(() =>
      expect(
        within(screen.getByRole('group', { name: 'Checklist' })).getByRole('checkbox', {
          name: 'is brief',
        }),
      ).toBeChecked(),
    );
  });
});

describe('blind mode', () => {
  it('names neither model nor prompt', async () => {
    const { container } = open('#/compare?mode=blind');
    await screen.findByText('0 of 18 pairs judged');
    const shown = document.body.innerHTML;
    for (const word of ['ticket-triage', 'smollm2', 'recorded:', '1.0.0', 'working']) {
      expect(shown).not.toContain(word);
    }
    expect(screen.queryByRole('complementary')).toBeNull();
    const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
    expect(found.violations.map((v) => v.id)).toEqual([]);
  });

  it('is judged with the keys and tells the result with its interval', async () => {
    await host.reviewRubricSet(...(await twoSides()), ['is brief']);
    const judge = vi.spyOn(host, 'reviewBlindJudge');
    const { user } = open('#/compare');
    await screen.findByRole('grid');
    await withKeys(user, ['b']);
    await screen.findByText('0 of 18 pairs judged');
    await withKeys(user, ['1', '2']);
    expect(screen.getByRole('button', { name: /Right is better/ })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    expect(judge).not.toHaveBeenCalled();
    await user.click(screen.getByRole('checkbox', { name: 'is brief' }));
    await withKeys(user, ['{Enter}']);
    await screen.findByText('1 of 18 pairs judged');
    expect(judge.mock.calls[0]?.[2]).toMatchObject({
      choice: 'right',
      checks: [{ item: 'is brief', met: true }],
    });
    expect(screen.getByRole('checkbox', { name: 'is brief' })).not.toBeChecked();
    await withKeys(user, ['0']);
    await screen.findByText('2 of 18 pairs judged');
    await withKeys(user, ['b']);
    expect(router.route.params.mode).toBeUndefined();
    expect(await screen.findByText(/B wins .+95.% interval .+ to .+, n.=.1/)).toBeInTheDocument();
  });

  it('says when all is judged', async () => {
    setHost({ ...host, reviewBlindNext: async () => null });
    open('#/compare?mode=blind');
    expect(await screen.findByText('All pairs are judged')).toBeInTheDocument();
  });
});

describe('the whole', () => {
  it('is signed off with a reason and listed as current', async () => {
    const { user } = open('#/compare');
    await user.click(await screen.findByRole('button', { name: 'Sign off…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Sign off' });
    expect(within(dialog).getByText(/18 of 47 answers moved/)).toBeInTheDocument();
    expect(await within(dialog).findByText(/18 moved cases undecided/)).toBeInTheDocument();
    expect(within(dialog).getByRole('button', { name: 'Sign off' })).toBeDisabled();
    await user.click(within(dialog).getByRole('radio', { name: /Reject/ }));
    await user.type(within(dialog).getByLabelText('Reason'), 'two are broken');
    await user.click(within(dialog).getByRole('button', { name: 'Reject' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await user.click(screen.getByRole('tab', { name: 'Reviews' }));
    expect(await screen.findByText('two are broken')).toBeInTheDocument();
    expect(screen.getByText('current')).toBeInTheDocument();
  });

  it('says when the runs changed since', async () => {
    const summary = await host.reviewSummary(await twoSides());
    const line = await host.reviewSignOff(...(await twoSides()), true, '');
    setHost({
      ...host,
      reviewSummary: async () => ({ ...summary, sign_offs: [{ line, is_current: false }] }),
    });
    open('#/compare?tab=reviews');
    expect(await screen.findByText('runs changed since')).toBeInTheDocument();
  });

  it('is shared as a file, and says how large it is or why not', async () => {
    const { user } = open('#/compare');
    await user.click(await screen.findByRole('button', { name: 'Share…' }));
    await user.click(await screen.findByRole('radio', { name: /Markdown/ }));
    await user.click(screen.getByRole('button', { name: 'Save as…' }));
    expect(await screen.findByText(/Wrote .* cases, .* to/)).toHaveTextContent('comparison.md');
    const refused = { code: 'internal' as const, message: 'the disk is full', hint: null };
    setHost({ ...host, shareSave: () => Promise.reject(refused) });
    await user.click(screen.getByRole('button', { name: 'Save as…' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('the disk is full');
    expect(screen.queryByText(/Wrote/)).toBeNull();
  });
});

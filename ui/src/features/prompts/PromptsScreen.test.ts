import type { ChangedBy } from '$lib/bindings/ChangedBy';
import type { Host } from '$lib/host';
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import PromptsScreen from './PromptsScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  host = fixtureHost();
  setHost(host);
});

async function open(hash: string) {
  router.go(hash);
  const view = render(PromptsScreen);
  await screen.findByRole('listbox', { name: 'Prompts' });
  return { user: userEvent.setup(), ...view };
}

async function rows(name: string | RegExp): Promise<string[]> {
  const section = await screen.findByRole('region', { name });
  const table = await within(section).findByRole('table');
  return within(table)
    .getAllByRole('row')
    .slice(1)
    .map((row) =>
      [...row.children].map((cell) => cell.textContent.replaceAll(/\s+/g, ' ').trim()).join(' | '),
    );
}

describe('environments of a prompt', () => {
  it('show what each one uses and the ledger behind it', async () => {
    const { container } = await open('#/prompts/ticket-triage?tab=environments');
    const [dev, staging, production] = await rows('In force now');
    expect(dev).toMatch(/^dev \| none/);
    expect(staging).toContain('0.9.0');
    expect(production).toMatch(/1\.0\.0.*ben.*refunds were late.*Roll back to 0\.9\.0/);
    const ledger = screen.getByRole('region', { name: 'Ledger' });
    expect(within(ledger).getAllByRole('listitem')).toHaveLength(3);
    expect(within(ledger).getByText('not an owner')).toBeInTheDocument();
    const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
    expect(found.violations.map((v) => v.id)).toEqual([]);
  });

  it('say what was in force at a point in time', async () => {
    const asked: (string | null)[] = [];
    setHost({
      ...host,
      environmentStands: (prompt, environment, at) => {
        asked.push(at);
        return host.environmentStands(prompt, environment, at);
      },
    });
    const { user } = await open('#/prompts/ticket-triage?tab=environments');
    await rows('In force now');
    const field = screen.getByLabelText('What was in force at');
    const moment = new Date(1_790_005_000_000 - 60_000 * new Date().getTimezoneOffset());
    await user.type(field, moment.toISOString().slice(0, 16));
    const [, production] = await rows(/^In force at/);
    expect(production).toMatch(/^production \| 0\.9\.0/);
    expect(asked.at(-1)).toMatch(/^17900\d+$/);
    await user.click(screen.getByRole('button', { name: 'Back to now' }));
    expect((await rows('In force now')).at(-1)).toContain('1.0.0');
  });

  it('are rolled back in one step', async () => {
    const { user } = await open('#/prompts/ticket-triage?tab=environments');
    await user.click(await screen.findByRole('button', { name: 'Roll back to 0.9.0…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Roll production back' });
    await user.type(within(dialog).getByLabelText('Why'), 'refunds go wrong');
    await user.click(within(dialog).getByRole('button', { name: 'Roll back to 0.9.0' }));
    expect((await rows('In force now')).at(-1)).toMatch(/^production \| 0\.9\.0/);
  });

  it('ask who is no owner for a reason', async () => {
    const kept: ChangedBy[] = [];
    const known = await host.promptEnvironments('ticket-triage');
    setHost({
      ...host,
      promptEnvironments: () => Promise.resolve({ ...known, person: 'mallory' }),
      promptPromote: (name, version, environment, by) => {
        kept.push(by);
        return host.promptPromote(name, version, environment, by);
      },
    });
    const { user } = await open('#/prompts/ticket-triage?tab=environments');
    const [promote] = await screen.findAllByRole('button', { name: 'Promote…' });
    await user.click(promote as HTMLElement);
    const dialog = await screen.findByRole('dialog', { name: /Promote a release/ });
    const button = within(dialog).getByRole('button', { name: /^Promote \d/ });
    expect(button).toBeDisabled();
    expect(within(dialog).getByText(/no owner of this prompt/)).toBeInTheDocument();
    expect(within(dialog).getByLabelText('Who')).toHaveValue('mallory');
    await user.type(within(dialog).getByLabelText('Why'), 'the owner is asleep');
    await user.click(button);
    expect(kept).toEqual([{ who: 'mallory', why: 'the owner is asleep' }]);
  });
});

describe('a change of a prompt', () => {
  it('says what it comes to beside its lines', async () => {
    await open('#/prompts/ticket-triage?tab=diff&from=0.9.0&to=1.0.0');
    const facts = await screen.findByRole('region', { name: 'What the change comes to' });
    expect(within(facts).getByText('minor')).toBeInTheDocument();
    expect(facts).toHaveTextContent(/\$0\.2\d* → \$0\.2\d*/);
    expect(within(facts).getByText(/over 200 cases of tickets/)).toBeInTheDocument();
  });
});

describe('lines of a prompt', () => {
  it('name the release that brought them', async () => {
    await open('#/prompts/ticket-triage?tab=lines');
    const grid = await screen.findByRole('grid', { name: 'Lines by release' });
    const version = (await host.promptOpen('ticket-triage', null)).releases[0]?.version ?? '';
    expect((await within(grid).findAllByText(version)).length).toBeGreaterThan(0);
  });
});

describe('a new prompt', () => {
  it('is made, opened, and never replaces one', async () => {
    const { user } = await open('#/prompts');
    await user.click(await screen.findByRole('button', { name: 'New prompt' }));
    const dialog = await screen.findByRole('dialog', { name: 'New prompt' });
    const name = within(dialog).getByLabelText('Name');
    await user.type(name, 'ticket-triage{Enter}');
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('exists already');
    await user.clear(name);
    await user.type(name, 'order-status{Enter}');
    expect(await screen.findByRole('heading', { name: 'order-status' })).toBeInTheDocument();
    expect(router.route.rest).toEqual(['order-status']);
  });
});

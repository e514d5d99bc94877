import type { Host } from '$lib/host';
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import BudgetPanel from './BudgetPanel.svelte';

let host: Host;

beforeEach(() => {
  host = fixtureHost();
  setHost(host);
});

const row = async (name: string) => {
  const cell = await screen.findByText(name);
  return cell.closest('tr') ?? cell;
};

describe("caps on a day's money", () => {
  it('tells who paid what and caps one tenant beside the others', async () => {
    const user = userEvent.setup();
    const { container } = render(BudgetPanel);
    expect(within(await row('key of openai')).getByText('$0.00')).toBeInTheDocument();
    expect(within(await row('tenant acme')).getByText('none')).toBeInTheDocument();
    await user.selectOptions(screen.getByLabelText('Cap of'), 'one tenant');
    await user.type(screen.getByLabelText('New cap a day, US dollars'), '0.50');
    expect(screen.getByRole('button', { name: 'Set' })).toBeDisabled();
    await user.type(screen.getByLabelText('Tenant'), 'acme');
    await user.click(screen.getByRole('button', { name: 'Set' }));
    expect(within(await row('tenant acme')).getByText('$0.50')).toBeInTheDocument();
    expect((await host.dayBudget()).cap_usd, 'the cap of all stays').toBe('20');
    await user.click(screen.getByRole('button', { name: 'Remove the cap of key of openai' }));
    expect(within(await row('key of openai')).getByText('none')).toBeInTheDocument();
    const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
    expect(found.violations.map((v) => v.id)).toEqual([]);
  });
});

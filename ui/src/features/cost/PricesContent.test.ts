import type { Host } from '$lib/host';
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import PricesContent from './PricesContent.svelte';
import { recomputedText } from './recomputed';

let host: Host;

beforeEach(() => {
  host = fixtureHost();
  setHost(host);
});

describe('prices', () => {
  it('puts an imported table in force and goes back to the one of the program', async () => {
    const user = userEvent.setup();
    const { container } = render(PricesContent);
    expect(await screen.findByText('the one of the program')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Import a table…' }));
    expect(await screen.findByText('from data.json')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: "Back to the program's" }));
    expect(await screen.findByText('the one of the program')).toBeInTheDocument();
    const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
    expect(found.violations.map((v) => v.id)).toEqual([]);
  });

  it('stores no cost before it said what would change', async () => {
    const asked: [string | null, boolean][] = [];
    const compute = host.priceRecompute;
    setHost({
      ...host,
      priceRecompute: (runId, dryRun) => {
        asked.push([runId, dryRun]);
        return compute(runId, dryRun);
      },
    });
    const user = userEvent.setup();
    render(PricesContent);
    expect(screen.queryByRole('button', { name: /^Store/ })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'See what would change' }));
    expect(await screen.findByText(/12 of 96 costs would change: \$0.50 by/)).toBeInTheDocument();
    expect(asked).toEqual([[null, true]]);
    await user.click(screen.getByRole('button', { name: 'Store 12 new costs' }));
    expect(asked).toEqual([
      [null, true],
      [null, false],
    ]);
  });

  it('says when nothing would change, and what stays unknown', () => {
    const same = {
      dry_run: true,
      calls: 3,
      changed: 0,
      reported: 1,
      unknown_before: 2,
      unknown_after: 2,
      usd_before: '0.1',
      usd_after: '0.1',
      from: [],
      to: [],
    };
    expect(recomputedText(same)).toEqual([
      'None of 3 costs would change.',
      'Without a known cost: 2 before, 2 after.',
      '1 call of them has a cost from the source, which goes first.',
    ]);
    expect(recomputedText({ ...same, calls: 0 })).toEqual(['There is no call to compute.']);
  });
});

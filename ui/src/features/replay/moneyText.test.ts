import { describe, expect, it } from 'vitest';
import type { RunRow } from '$lib/bindings/RunRow';
import { fixtureHost } from '$lib/host/fixture';
import { moneyText } from './moneyText';

async function row(totals: Partial<RunRow['totals']>, change: Partial<RunRow> = {}) {
  const [first] = await fixtureHost({ empty: false }).runList();
  if (!first) throw new Error('the example host has no run');
  return { ...first, ...change, totals: { ...first.totals, unpriced_cells: 0, ...totals } };
}

describe('the money of a run', () => {
  it('is what its answers are worth where nothing was sent', async () => {
    const text = moneyText(await row({ paid_usd: null, cost_usd: '0.02', saved_usd: '0.02' }));
    expect(text).toEqual({
      label: 'Worth of answers',
      value: '$0.02',
      note: 'nothing was sent, $0.02 saved by the cache',
      origin: 'recorded',
    });
    const cached = await row({ paid_usd: null, cost_usd: '0.02', recorded: 0 });
    expect(moneyText(cached).origin).toBe('cached');
  });

  it('is what was paid, beside what may have been and what was expected', async () => {
    const estimate = {
      calls: 10,
      tokens_in: 1,
      tokens_out: 1,
      cost_low_usd: '0.01',
      cost_usd: '0.02',
      cost_high_usd: '0.03',
      cost_at_most_usd: '0.09',
    };
    const text = moneyText(
      await row(
        { paid_usd: '0.018', possible_usd: '0.004', cost_usd: '0.03', saved_usd: '0.012' },
        { estimate },
      ),
    );
    expect(text.label).toBe('Paid');
    expect(text.value).toBe('$0.018');
    expect(text.note).toContain('perhaps $0.004 more · estimated $0.02 · $0.012 saved');
  });

  it('is unknown, not zero, where no model has a price', async () => {
    const text = moneyText(
      await row({ paid_usd: '0', possible_usd: '0', cost_usd: null, unpriced_cells: 3 }),
    );
    expect(text.value).toBe('unknown');
    expect(text.note).toContain('3 answers without a price');
  });
});

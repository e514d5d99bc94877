/** The money of a run in words. */
import type { Origin } from '$lib/bindings/Origin';
import type { RunRow } from '$lib/bindings/RunRow';
import { plural, UNKNOWN, usd, usdAtLeast } from '$lib/format';

/** What a run cost: what was paid by the ledger, else what its answers are worth; with what it left out or saved. */
export function moneyText(row: RunRow): {
  label: string;
  value: string;
  note: string | undefined;
  /** Where most of the sum is from. */
  origin: Origin;
} {
  const { totals } = row;
  const worth = usdAtLeast(totals.cost_usd, totals.unpriced_cells);
  if (totals.paid_usd === null) {
    const saved = totals.saved_usd === null ? '' : `, ${usd(totals.saved_usd)} saved by the cache`;
    return {
      label: 'Worth of answers',
      value: worth,
      note: `nothing was sent${saved}`,
      origin: totals.recorded > 0 ? 'recorded' : 'cached',
    };
  }
  const notes: string[] = [];
  if (Number(totals.possible_usd) > 0) notes.push(`perhaps ${usd(totals.possible_usd)} more`);
  if (totals.unpriced_cells > 0) {
    notes.push(`${plural(totals.unpriced_cells, 'answer')} without a price`);
  }
  if (row.estimate?.cost_usd) notes.push(`estimated ${usd(row.estimate.cost_usd)}`);
  if (totals.saved_usd !== null) notes.push(`${usd(totals.saved_usd)} saved by the cache`);
  if (row.plan.cap_usd !== null) notes.push(`cap ${usd(row.plan.cap_usd)}`);
  const isUnknown = totals.cost_usd === null && totals.unpriced_cells > 0;
  return {
    label: 'Paid',
    value: isUnknown ? UNKNOWN : usd(totals.paid_usd),
    note: notes.length > 0 ? notes.join(' · ') : undefined,
    origin: 'live',
  };
}

/** Columns of a table of call statistics, shared by Cost and by a prompt's usage. */
import type { StatGroup } from '$lib/bindings/StatGroup';
import { compact, count, duration, share, usdAtLeast } from '$lib/format';
import type { Column } from '$lib/ui/DataGrid.svelte';

export function statColumns(
  label: string,
  nameOf: (group: StatGroup) => string,
): Column<StatGroup>[] {
  const number = (
    id: string,
    head: string,
    text: (group: StatGroup) => string,
    title?: string,
  ): Column<StatGroup> => ({
    id,
    label: head,
    text,
    align: 'end',
    width: 'minmax(76px, 1fr)',
    ...(title ? { title } : {}),
  });
  return [
    { id: 'name', label, text: nameOf, width: 'minmax(160px, 2fr)' },
    {
      ...number('cost', 'Cost', (g) => usdAtLeast(g.cost_usd, g.unpriced_calls), 'US dollars'),
      width: 'minmax(104px, 1fr)',
    },
    number('calls', 'Calls', (g) => count(g.calls)),
    number('unpriced', 'Unpriced', (g) => count(g.unpriced_calls), 'Calls whose cost is unknown'),
    number('errors', 'Errors', (g) => (g.calls > 0 ? share(g.errors / g.calls) : count(g.errors))),
    number('p50', 'p50', (g) => duration(g.p50_ms), 'Median latency, cache hits left out'),
    number('p95', 'p95', (g) => duration(g.p95_ms)),
    number('p99', 'p99', (g) => duration(g.p99_ms)),
    number('in', 'Tokens in', (g) => compact(g.tokens_in)),
    number('cached', 'Cached', (g) => compact(g.tokens_in_cached), 'Part read from a prompt cache'),
    number('out', 'Tokens out', (g) => compact(g.tokens_out)),
  ];
}

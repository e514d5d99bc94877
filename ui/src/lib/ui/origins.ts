/** The four origins in words. */
import type { Origin } from '$lib/bindings/Origin';
import type { PriceTableUsed } from '$lib/bindings/PriceTableUsed';

export const ORIGINS: Record<Origin, { word: string; letter: string; meaning: string }> = {
  live: { word: 'live', letter: 'L', meaning: 'sent to the provider by this run' },
  cached: { word: 'cached', letter: 'C', meaning: 'answered by the response cache' },
  recorded: { word: 'recorded', letter: 'R', meaning: 'taken from a recording of an earlier call' },
  estimated: { word: 'estimated', letter: 'E', meaning: 'computed before sending' },
};

/** The price tables behind a sum of money, as one line; empty where none stands behind it. */
export function tablesText(tables: PriceTableUsed[]): string {
  if (tables.length === 0) return '';
  const named = tables.map(({ table, version }) => `${table} ${version}`).join(', ');
  return `${tables.length === 1 ? 'Price table' : 'Price tables'}: ${named}`;
}

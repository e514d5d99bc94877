/** What computing costs again would come to, in sentences. */
import type { PriceTableUsed } from '$lib/bindings/PriceTableUsed';
import type { Recomputed } from '$lib/bindings/Recomputed';
import { count, plural, usd } from '$lib/format';

const tables = (used: PriceTableUsed[]) =>
  used.length === 0 ? 'no table' : used.map((one) => `${one.table} ${one.version}`).join(', ');

export function recomputedText(of: Recomputed): string[] {
  if (of.calls === 0) return ['There is no call to compute.'];
  const sentences = [
    of.changed === 0
      ? `None of ${plural(of.calls, 'cost')} would change.`
      : `${count(of.changed)} of ${plural(of.calls, 'cost')} would change: ${usd(of.usd_before)} by ${tables(of.from)}, ${usd(of.usd_after)} by ${tables(of.to)}.`,
  ];
  if (of.unknown_before > 0 || of.unknown_after > 0) {
    sentences.push(
      `Without a known cost: ${count(of.unknown_before)} before, ${count(of.unknown_after)} after.`,
    );
  }
  if (of.reported > 0) {
    sentences.push(
      `${plural(of.reported, 'call')} of them ${of.reported === 1 ? 'has' : 'have'} a cost from the source, which goes first.`,
    );
  }
  return sentences;
}

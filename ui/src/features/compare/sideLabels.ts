/** Names of the compared sides, each as short as it can be and still be told apart. */
import type { SideView } from '$lib/bindings/SideView';
import { dateTime } from '$lib/format';
import { columnLabels } from '../replay/runText';

export function sideLabels(sides: readonly SideView[]): string[] {
  const labels = columnLabels(sides);
  return labels.map((label, index) => {
    const side = sides[index];
    if (!side || labels.indexOf(label) === labels.lastIndexOf(label)) return label;
    return `${label} · ${dateTime(side.started).slice(5, 16)}`;
  });
}

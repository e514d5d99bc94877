/** Stretches of the map that stand beside each other with one verdict, drawn as one. */
import type { RowVerdict } from '$lib/bindings/RowVerdict';

export interface MapBlock {
  start: number;
  length: number;
  verdict: RowVerdict;
}

/** What is the same is not drawn. */
export function mapBlocks(stretches: readonly RowVerdict[]): MapBlock[] {
  const blocks: MapBlock[] = [];
  stretches.forEach((verdict, at) => {
    if (verdict === 'same') return;
    const last = blocks.at(-1);
    if (last?.verdict === verdict && last.start + last.length === at) last.length += 1;
    else blocks.push({ start: at, length: 1, verdict });
  });
  return blocks;
}

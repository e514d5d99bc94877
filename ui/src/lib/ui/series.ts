/** The colour token of the n-th series; the order holds in every theme. */
export function seriesColour(index: number): string {
  return `--series-${(index % 8) + 1}`;
}

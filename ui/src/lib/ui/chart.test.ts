import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { stackUp, type ChartSpec } from './chart';
import Chart from './Chart.svelte';

const spec: ChartSpec = {
  title: 'What is spent',
  kind: 'bars',
  stacked: true,
  x: [1, 2],
  xLabel: 'Day',
  formatX: String,
  yLabel: 'US dollars',
  formatY: (y) => (y === null ? 'unknown' : `$${y}`),
  series: [
    { label: 'a', values: [1, null] },
    { label: 'b', values: [2, 5] },
  ],
};

describe('chart', () => {
  it('stacks upwards and hands the tallest sum over first, so that lower ones cover it', () => {
    expect(stackUp(spec)).toEqual([
      [1, 2],
      [3, 5],
      [1, 0],
    ]);
  });

  it('has a table twin in which unknown stays unknown', () => {
    render(Chart, { spec });
    // This DOM has no canvas, so the table is what is left.
    const cells = screen.getAllByRole('cell').map((cell) => cell.textContent.trim());
    expect(cells).toEqual(['$1', '$2', 'unknown', '$5']);
  });
});

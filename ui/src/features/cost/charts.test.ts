import { costView } from '$lib/host/fixtures/cost';
import { group } from '$lib/host/fixtures/cost';
import { describe, expect, it } from 'vitest';
import { lorenzCurve, spendOverTime } from './charts';

describe('spend over time', () => {
  it('leaves out models without a price instead of drawing them as zero', () => {
    const spec = spendOverTime(costView('traces'));
    expect(spec.series.map((s) => s.label)).toEqual(['claude-haiku-4-5', 'gpt-4.1-mini']);
    expect(spec.x).toHaveLength(14);
  });

  it('gathers what exceeds the colours into one series that adds up', () => {
    const models = Array.from({ length: 10 }, (_, i) => `m${i}`);
    const rows = models.map((model, i) =>
      group({ model, day: '2026-09-01', calls: 1, cost_usd: String(i + 1) }),
    );
    const spec = spendOverTime({
      ...costView('traces'),
      by_model: rows,
      by_model_and_day: rows,
    });
    expect(spec.series).toHaveLength(8);
    expect(spec.series.at(-1)).toMatchObject({ label: '3 more', values: [1 + 2 + 3] });
  });

  it('writes axis figures with one number of digits', () => {
    const spec = spendOverTime(costView('traces'));
    expect(spec.formatTicks?.([0, 0.005, 0.01])).toEqual(['$0.000', '$0.005', '$0.010']);
  });
});

it('draws the Lorenz curve against the line of equal cost', () => {
  const spec = lorenzCurve([
    { calls: 0, cost: 0 },
    { calls: 1, cost: 1 },
  ]);
  expect(spec.series[1]?.values).toEqual(spec.x);
});

/** The two charts of the Cost screen, as descriptions. */
import type { CostView } from '$lib/bindings/CostView';
import type { LorenzPoint } from '$lib/bindings/LorenzPoint';
import { share, UNKNOWN, usd, usdForChart } from '$lib/format';
import type { ChartSpec } from '$lib/ui/chart';

/** Most models shown by name; the rest is one series, so that eight colours are enough. */
const SERIES = 7;

export function spendOverTime(view: CostView): ChartSpec {
  const days = [...new Set(view.by_model_and_day.map((g) => g.day ?? ''))].filter(Boolean).sort();
  const priced = view.by_model.filter((g) => g.cost_usd !== null);
  priced.sort((a, b) => (usdForChart(b.cost_usd) ?? 0) - (usdForChart(a.cost_usd) ?? 0));
  const named = priced.slice(0, SERIES).map((g) => g.model);
  const spent = (day: string, takes: (model: string | null) => boolean) => {
    const known = view.by_model_and_day
      .filter((g) => g.day === day && takes(g.model))
      .map((g) => usdForChart(g.cost_usd))
      .filter((value) => value !== null);
    return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
  };
  const series = named.map((model) => ({
    label: model ?? 'no model named',
    values: days.map((day) => spent(day, (m) => m === model)),
  }));
  if (priced.length > SERIES) {
    series.push({
      label: `${priced.length - SERIES} more`,
      values: days.map((day) => spent(day, (m) => !named.includes(m))),
    });
  }
  return {
    title: 'What is spent per day, by model',
    kind: 'bars',
    stacked: true,
    time: true,
    x: days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000),
    xLabel: 'Day (UTC)',
    formatX: (x) => new Date(x * 1000).toISOString().slice(5, 10),
    yLabel: 'US dollars per day',
    formatY: (y) => (y === null ? UNKNOWN : usd(decimal(y))),
    formatTicks: dollarTicks,
    series,
  };
}

export function lorenzCurve(points: LorenzPoint[]): ChartSpec {
  return {
    title: 'Do a few calls take most of the money?',
    kind: 'line',
    x: points.map((p) => p.calls),
    xLabel: 'Cheapest share of calls',
    formatX: (x) => share(x),
    xRange: [0, 1],
    yRange: [0, 1],
    yLabel: 'Share of the cost',
    formatY: (y) => share(y),
    series: [
      { label: 'share of cost', values: points.map((p) => p.cost) },
      { label: 'if all calls cost the same', values: points.map((p) => p.calls), dashed: true },
    ],
  };
}

/** A sum for a chart's tooltip; figures in the tables come from the decimals themselves. */
function decimal(value: number): string {
  return value.toFixed(10).replace(/0+$/, '').replace(/\.$/, '');
}

function dollarTicks(ticks: number[]): string[] {
  const digits = Math.max(2, ...ticks.map((y) => (decimal(y).split('.')[1] ?? '').length));
  return ticks.map((y) => `$${y.toFixed(digits)}`);
}

/** From a chart's description to uPlot's: stacking, axes with units, colours of the theme. */
import uPlot from 'uplot';
import { seriesColour } from './series';

export interface ChartSpec {
  /** The question the chart answers. */
  title: string;
  x: number[];
  xLabel: string;
  formatX: (x: number) => string;
  /** x is seconds since 1970. */
  time?: boolean;
  /** Range of x and y where they are known, such as 0 to 1. */
  xRange?: [number, number];
  yRange?: [number, number];
  yLabel: string;
  formatY: (y: number | null) => string;
  /** Axis figures, where they should all have the same number of digits. */
  formatTicks?: (ticks: number[]) => string[];
  series: { label: string; values: (number | null)[]; dashed?: boolean }[];
  kind: 'line' | 'bars' | 'area';
  stacked?: boolean;
}

/**
 * Sums each series onto those before it; an unknown value adds nothing. The tallest sum comes first:
 * uPlot draws in order, and the lower ones cover it.
 */
export function stackUp(spec: ChartSpec): uPlot.AlignedData {
  if (!spec.stacked) return [spec.x, ...spec.series.map((s) => s.values)];
  const base = spec.x.map(() => 0);
  const sums = spec.series.map((series) =>
    spec.x.map((_, i) => (base[i] = (base[i] ?? 0) + (series.values[i] ?? 0))),
  );
  return [spec.x, ...sums.reverse()];
}

export function chartOptions(
  spec: ChartSpec,
  place: {
    width: number;
    height: number;
    element: HTMLElement;
    onCursor: (index: number | null) => void;
  },
): uPlot.Options {
  const style = getComputedStyle(place.element);
  const colour = (token: string) => style.getPropertyValue(token).trim();
  const font = `12px ${style.fontFamily}`;
  const axis = {
    stroke: colour('--text-2'),
    font,
    labelFont: font,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 4 },
  };
  const drawn = spec.series.map((series, index): uPlot.Series => {
    const stroke = colour(seriesColour(index));
    const filled = spec.kind !== 'line';
    return {
      label: series.label,
      stroke,
      width: spec.kind === 'bars' ? 0 : 1.5,
      // Whole pixels keep bars sharp and make slanted lines ragged.
      pxAlign: spec.kind === 'bars' ? 1 : 0,
      ...(filled ? { fill: spec.kind === 'area' ? `${stroke}40` : stroke } : {}),
      ...(series.dashed ? { dash: [5, 4] } : {}),
      ...(spec.kind === 'bars' && uPlot.paths.bars
        ? { paths: uPlot.paths.bars({ size: [0.7, 48] }) }
        : {}),
      points: { show: spec.kind === 'line' && spec.x.length < 30, size: 4 },
    };
  });
  if (spec.stacked) drawn.reverse();
  return {
    width: place.width,
    height: place.height,
    legend: { show: false },
    cursor: { y: false, points: { show: spec.kind === 'line' }, drag: { x: false, y: false } },
    scales: {
      x: {
        time: spec.time ?? false,
        ...(spec.xRange ? { range: spec.xRange } : barRange(spec)),
      },
      y: { range: spec.yRange ?? ((_u, _min, max) => [0, max > 0 ? max * 1.08 : 1]) },
    },
    axes: [
      {
        ...axis,
        ...barLabels(spec),
        values: (_u, ticks) => ticks.map((x) => spec.formatX(x)),
        space: 72,
        size: 28,
      },
      {
        ...axis,
        label: spec.yLabel,
        labelSize: 20,
        size: 64,
        values: (_u, ticks) =>
          spec.formatTicks ? spec.formatTicks(ticks) : ticks.map((y) => spec.formatY(y)),
      },
    ],
    series: [{}, ...drawn],
    hooks: { setCursor: [(u) => place.onCursor(u.cursor.idx ?? null)] },
  };
}

/** A day, the step of a single bar over time. */
const DAY_SECONDS = 86_400;
/** Up to so many bars each has its own label below it. */
const LABELLED_BARS = 12;

/**
 * Bars need half a step of room at both ends. Asked of the data and not of what uPlot found: for a single point
 * in time it finds a range of years.
 */
export function barRange(spec: Pick<ChartSpec, 'kind' | 'x' | 'time'>): {
  range?: () => [number, number];
} {
  const [first, last] = [spec.x[0], spec.x.at(-1)];
  if (spec.kind !== 'bars' || first === undefined || last === undefined) return {};
  const gaps = spec.x.slice(1).map((x, i) => x - (spec.x[i] as number));
  const step = gaps.length > 0 ? Math.min(...gaps) : spec.time ? DAY_SECONDS : 1;
  return { range: () => [first - step / 2, last + step / 2] };
}

function barLabels(spec: ChartSpec): Pick<uPlot.Axis, 'splits'> {
  return spec.kind === 'bars' && spec.x.length <= LABELLED_BARS ? { splits: () => spec.x } : {};
}

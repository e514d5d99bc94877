/**
 * The brush of the histogram: from bars under the pointer or the keys to a span of time and back.
 * Times are nanoseconds since 1970 as text, so no digit is lost.
 */
import type { Histogram } from '$lib/bindings/Histogram';
import type { HistogramBar } from '$lib/bindings/HistogramBar';
import { clock, dateTime, duration, nanosToMs } from '$lib/format';

/** Bars `first` to `last`, both included. */
export interface BarRange {
  first: number;
  last: number;
}

export interface TimeRange {
  from: string | null;
  to: string | null;
}

const bucketNs = (histogram: Histogram) => BigInt(Math.round(histogram.bucket_ms * 1e6));

export function endOf(histogram: Histogram, index: number): bigint {
  const next = histogram.bars[index + 1];
  const bar = histogram.bars[index];
  if (next) return BigInt(next.start);
  return bar ? BigInt(bar.start) + bucketNs(histogram) : 0n;
}

/** All bars mean no limit on that side, so that what arrives later still counts. */
export function timesOf(histogram: Histogram, range: BarRange): TimeRange {
  const last = histogram.bars.length - 1;
  return {
    from: range.first <= 0 ? null : (histogram.bars[range.first]?.start ?? null),
    to: range.last >= last ? null : String(endOf(histogram, range.last)),
  };
}

/** The bars that a span of time touches; null when there is no limit. */
export function barsOf(histogram: Histogram, range: TimeRange): BarRange | null {
  const { bars } = histogram;
  if (bars.length === 0 || (range.from === null && range.to === null)) return null;
  const from = range.from === null ? null : BigInt(range.from);
  const to = range.to === null ? null : BigInt(range.to);
  let first = 0;
  if (from !== null) {
    first = bars.findIndex((_, index) => endOf(histogram, index) > from);
    if (first < 0) first = bars.length - 1;
  }
  let last = bars.length - 1;
  if (to !== null) {
    last = bars.findLastIndex((bar) => BigInt(bar.start) < to);
    if (last < 0) last = 0;
  }
  return { first: Math.min(first, last), last };
}

/** The bar under a point `x` pixels into a plot of `width`. */
export function barAt(x: number, width: number, count: number): number {
  if (count === 0 || width <= 0) return 0;
  return Math.min(count - 1, Math.max(0, Math.floor((x / width) * count)));
}

/** One side of the brush moved; the sides never cross. */
export function movedSide(range: BarRange, side: 'first' | 'last', to: number, count: number) {
  const index = Math.min(count - 1, Math.max(0, to));
  return side === 'first'
    ? { first: Math.min(index, range.last), last: range.last }
    : { first: range.first, last: Math.max(index, range.first) };
}

export function tallest(bars: HistogramBar[]): number {
  return bars.reduce((max, bar) => Math.max(max, bar.spans), 0);
}

/** "14:05:09 to 14:20:00 (14 min 51 s)"; names the day where the two differ in it. */
export function rangeText(range: TimeRange): string {
  const { from, to } = range;
  if (from === null && to === null) return 'all time';
  if (from === null) return `before ${dateTime(to)}`;
  if (to === null) return `since ${dateTime(from)}`;
  const sameDay = dateTime(from).slice(0, 10) === dateTime(to).slice(0, 10);
  const length = duration((nanosToMs(to) ?? 0) - (nanosToMs(from) ?? 0));
  return `${dateTime(from)} to ${sameDay ? clock(to) : dateTime(to)} (${length})`;
}

/** A time on the axis: within a day the clock, over several days the date. */
export function axisTime(histogram: Histogram, nanos: string | bigint): string {
  const long = histogram.bucket_ms * histogram.bars.length > 36 * 3_600_000;
  return long ? dateTime(String(nanos)).slice(0, 10) : clock(String(nanos)).slice(0, 5);
}

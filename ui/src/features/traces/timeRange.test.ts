import type { Histogram } from '$lib/bindings/Histogram';
import { describe, expect, it } from 'vitest';
import { barAt, barsOf, movedSide, rangeText, timesOf } from './timeRange';

const START = 1_790_000_000_000_000_000n;
const MINUTE = 60_000_000_000n;
const histogram: Histogram = {
  bucket_ms: 60_000,
  bars: Array.from({ length: 10 }, (_, i) => ({
    start: String(START + BigInt(i) * MINUTE),
    spans: i,
    errors: 0,
  })),
};

describe('the brush', () => {
  it('turns bars into times and back', () => {
    for (let first = 0; first < 10; first += 1) {
      for (let last = first; last < 10; last += 1) {
        if (first === 0 && last === 9) continue;
        expect(barsOf(histogram, timesOf(histogram, { first, last }))).toEqual({ first, last });
      }
    }
  });

  it('keeps every nanosecond', () => {
    expect(timesOf(histogram, { first: 2, last: 4 })).toEqual({
      from: String(START + 2n * MINUTE),
      to: String(START + 5n * MINUTE),
    });
  });

  it('sets no limit where it reaches the edge', () => {
    expect(timesOf(histogram, { first: 0, last: 9 })).toEqual({ from: null, to: null });
    expect(barsOf(histogram, { from: null, to: null })).toBeNull();
  });

  it('shows a time outside the data at the nearest edge', () => {
    expect(barsOf(histogram, { from: '1', to: null })).toEqual({ first: 0, last: 9 });
    expect(barsOf(histogram, { from: String(START + 99n * MINUTE), to: null })).toEqual({
      first: 9,
      last: 9,
    });
    expect(barsOf({ bucket_ms: 0, bars: [] }, { from: '1', to: null })).toBeNull();
  });

  it('finds the bar under a point, also outside the plot', () => {
    expect(barAt(0, 100, 10)).toBe(0);
    expect(barAt(99, 100, 10)).toBe(9);
    expect(barAt(-20, 100, 10)).toBe(0);
    expect(barAt(500, 100, 10)).toBe(9);
    expect(barAt(5, 0, 10)).toBe(0);
  });

  it('never lets its sides cross', () => {
    expect(movedSide({ first: 3, last: 5 }, 'first', 8, 10)).toEqual({ first: 5, last: 5 });
    expect(movedSide({ first: 3, last: 5 }, 'last', 1, 10)).toEqual({ first: 3, last: 3 });
    expect(movedSide({ first: 3, last: 5 }, 'last', 99, 10)).toEqual({ first: 3, last: 9 });
  });

  it('says its length in words', () => {
    expect(rangeText({ from: null, to: null })).toBe('all time');
    expect(rangeText(timesOf(histogram, { first: 1, last: 2 }))).toContain('(2 min 00 s)');
  });
});

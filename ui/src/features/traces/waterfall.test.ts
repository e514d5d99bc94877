import type { TraceStep } from '$lib/bindings/TraceStep';
import { describe, expect, it } from 'vitest';
import { axisEnd, axisMarks, indentOf, markText, placeOf, stepKey, stepOf } from './waterfall';

function step(part: Partial<TraceStep>): TraceStep {
  return {
    span_id: 's',
    variant: 1,
    name: 'step',
    kind: 'llm',
    status: 'ok',
    model: null,
    depth: 0,
    children: 0,
    start_offset_ms: 0,
    duration_ms: 100,
    time_to_first_token_ms: null,
    critical: false,
    flaw: null,
    tokens_in: null,
    tokens_out: null,
    cost_usd: null,
    error: null,
    ...part,
  };
}

describe('keys of steps', () => {
  it('tell contents under one id apart, and lead back to them', () => {
    const steps = [step({}), step({ variant: 2 }), step({ span_id: 'a~2' })];
    const keys = steps.map(stepKey);
    expect(keys).toEqual(['s', 's~2', 'a~2']);
    expect(keys.map((key) => stepOf(key, steps))).toEqual(steps);
    expect(stepOf('gone', steps)).toEqual({ span_id: 'gone', variant: 1 });
  });
});

describe('bars of the waterfall', () => {
  it('stand to scale', () => {
    const place = placeOf(step({ start_offset_ms: 250, duration_ms: 500 }), 1000);
    expect(place).toEqual({ left: 0.25, width: 0.5, open: false, firstToken: null });
  });

  it('mark the first token from the start of the trace, not of the span', () => {
    const place = placeOf(step({ start_offset_ms: 200, time_to_first_token_ms: 100 }), 1000);
    expect(place.firstToken).toBeCloseTo(0.3);
  });

  it('run open to the end while unfinished', () => {
    expect(placeOf(step({ start_offset_ms: 400, duration_ms: null }), 1000)).toMatchObject({
      left: 0.4,
      width: 0.6,
      open: true,
    });
  });

  it('stay on the axis when the clocks of the source do not agree', () => {
    expect(placeOf(step({ start_offset_ms: -50, duration_ms: -20 }), 1000)).toMatchObject({
      left: 0,
      width: 0,
    });
    const late = placeOf(step({ start_offset_ms: 900, duration_ms: 900 }), 1000);
    expect(late.left + late.width).toBeLessThanOrEqual(1);
  });
});

describe('axis', () => {
  it('is never empty and holds every step', () => {
    expect(axisEnd(0, [])).toBe(1);
    expect(axisEnd(Number.NaN, [])).toBe(1);
    expect(axisEnd(100, [step({ start_offset_ms: 90, duration_ms: 60 })])).toBe(150);
  });

  it('leaves room for a last step that never ended', () => {
    const last = step({ start_offset_ms: 800, duration_ms: null, time_to_first_token_ms: 200 });
    const end = axisEnd(800, [last]);
    expect(end).toBeGreaterThan(1000);
    expect(placeOf(last, end).width).toBeGreaterThan(0.2);
  });

  it('has round marks, few of them, at every scale', () => {
    for (const end of [0.004, 1, 7, 843, 1000, 5_400, 61_000, 9e6]) {
      const marks = axisMarks(end);
      expect(marks[0]).toBe(0);
      expect(marks.length).toBeGreaterThan(2);
      expect(marks.length).toBeLessThanOrEqual(7);
      expect(marks.at(-1)).toBeLessThanOrEqual(end * 1.0001);
    }
    expect(axisMarks(1000)).toEqual([0, 200, 400, 600, 800, 1000]);
  });

  it('writes one unit along the axis', () => {
    expect(axisMarks(5000).map((ms) => markText(ms, 5000))).toEqual([
      '0',
      '1 s',
      '2 s',
      '3 s',
      '4 s',
      '5 s',
    ]);
    expect(markText(200, 1000)).toBe('200 ms');
    expect(markText(1_200_000, 3_600_000)).toBe('20 min');
  });

  it('stops indenting a chain of a thousand steps', () => {
    expect(indentOf(1000)).toBe(indentOf(12));
  });
});

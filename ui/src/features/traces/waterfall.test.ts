import type { TraceStep } from '$lib/bindings/TraceStep';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '$lib/host/fixtures/traceColumns';
import { buildTraces } from '$lib/host/fixtures/traceBuild';
import { neighbour, TraceSteps } from './traceSteps';
import { axisMarks, indentOf, markText, placeOf, stepKey, stepOfKey } from './waterfall';

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
    critical_self_ms: 0,
    flaw: null,
    tokens_in: null,
    tokens_out: null,
    cost_usd: null,
    error: null,
    ...part,
  };
}

function stepsOf(steps: TraceStep[], totalMs = 0): TraceSteps {
  const row = buildTraces()[0]?.row;
  if (!row) throw new Error('the fixture has no trace');
  return new TraceSteps(columnsOf({ ...row, duration_ms: totalMs }, steps));
}

describe('steps of a trace', () => {
  const depths = [0, 1, 2, 2, 1, 0, 1];
  const tree = depths.map((depth, at) =>
    step({
      span_id: `s${at}`,
      depth,
      children: depths[at + 1] === depth + 1 ? 1 : 0,
      name: at === 3 ? 'Lookup ORDER' : `step ${at}`,
      error: at === 2 || at === 6 ? 'out of stock' : null,
    }),
  );
  const steps = stepsOf(tree);

  it('are the same from their columns', () => {
    expect(tree.map((_, at) => steps.at(at))).toEqual(tree);
    expect(steps.at(7)).toBeUndefined();
  });

  it('know what stands below and above them', () => {
    expect(tree.map((_, at) => steps.endOf(at))).toEqual([5, 4, 3, 4, 5, 7, 7]);
    expect(tree.map((_, at) => steps.parentOf(at))).toEqual([null, 0, 1, 1, 0, null, 5]);
    expect([...steps.shown(new Set([1]))]).toEqual([0, 1, 4, 5, 6]);
    expect([...steps.shown(new Set([0, 1, 5]))]).toEqual([0, 5]);
    expect(steps.groups(1)).toEqual([1]);
  });

  it('are found by what they say, and failed ones in turn', () => {
    expect(steps.find('order')).toEqual([3]);
    expect(steps.find('OUT OF')).toEqual([2, 6]);
    expect(steps.find(' ')).toEqual([]);
    expect(steps.failed).toEqual([2, 6]);
    expect([neighbour([2, 6], 2, 1), neighbour([2, 6], 6, 1)]).toEqual([6, 2]);
    expect([neighbour([2, 6], 2, -1), neighbour([2, 6], -1, 1), neighbour([], 0, 1)]).toEqual([
      6,
      2,
      undefined,
    ]);
    expect(steps.toShow()).toBe(2);
  });

  it('of a chain of a hundred thousand are folded without recursion', () => {
    const long = stepsOf(
      Array.from({ length: 100_000 }, (_, depth) =>
        step({ span_id: `${depth}`, depth, children: 1 }),
      ),
    );
    expect(long.endOf(0)).toBe(100_000);
    expect(long.shown(new Set([500]))).toHaveLength(501);
    expect(long.indexOf('99999')).toBe(99_999);
  });
});

describe('keys of steps', () => {
  it('tell contents under one id apart, and lead back to them', () => {
    const steps = [step({}), step({ variant: 2 }), step({ span_id: 'a~2' })];
    const keys = steps.map(stepKey);
    expect(keys).toEqual(['s', 's~2', 'a~2']);
    const known = stepsOf(steps);
    expect(keys.map((key) => known.indexOf(key))).toEqual([0, 1, 2]);
    expect(known.indexOf('gone')).toBe(-1);
    expect(stepOfKey('gone')).toEqual({ span_id: 'gone', variant: 1 });
    expect(stepOfKey('s~2')).toEqual({ span_id: 's', variant: 2 });
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
    expect(stepsOf([]).axisEnd()).toBe(1);
    expect(stepsOf([], Number.NaN).axisEnd()).toBe(1);
    expect(stepsOf([step({ start_offset_ms: 90, duration_ms: 60 })], 100).axisEnd()).toBe(150);
  });

  it('leaves room for a last step that never ended', () => {
    const last = step({ start_offset_ms: 800, duration_ms: null, time_to_first_token_ms: 200 });
    const end = stepsOf([last], 800).axisEnd();
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

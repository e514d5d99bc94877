import type { StatTest } from '$lib/bindings/StatTest';
import { describe, expect, it } from 'vitest';
import { apart, intervalText, kindWord, metricValue, pText, unbroken } from './words';

const test: StatTest = {
  metric: 'pass_rate',
  method: 'mcnemar_exact',
  estimate: 0.29,
  ci_low: -0.02,
  ci_high: 0.44,
  p_value: 0.0004,
  n: 47,
};

describe('statistics in words', () => {
  it('carry sign and unit', () => {
    expect(metricValue('answers_moved', 0.3617)).toBe('36.2 %');
    expect(metricValue('latency_ms', -12.4)).toBe('−12 ms');
    expect(metricValue('cost_usd', 0.000123)).toBe('+$0.000123');
    expect(metricValue('cost_usd', 0)).toBe('$0');
    expect(metricValue('tokens_out', 1.5)).toBe('+1.5');
    expect(intervalText(test)).toBe('−2 points to +44 points');
  });

  it('show a dash where there is nothing to say', () => {
    expect(intervalText({ ...test, ci_low: null })).toBe('–');
    expect(metricValue('latency_ms', null)).toBe('–');
    expect(pText(null)).toBe('–');
  });

  it('never round a p-value to zero', () => {
    expect(pText(0.0000001)).toBe('< 0.001');
    expect(pText(0.0021)).toBe('0.002');
    expect(pText(0.583)).toBe('0.58');
  });
});

describe('kinds of change', () => {
  it('are words, also those added later', () => {
    expect(kindWord('json_field:$.label')).toBe('JSON $.label');
    expect(kindWord('longer_2x')).toBe('at least twice as long');
    expect(kindWord('brand_new')).toBe('brand new');
  });
});

describe('previews', () => {
  it('start shortly before they part', () => {
    const [a, b] = apart(
      '{"queue": "billing", "urgency": "low"}',
      '{"queue": "billing", "urgency": "high"}',
    );
    expect(a).toBe('…rgency": "low"}');
    expect(b).toBe('…rgency": "high"}');
  });

  it('stay whole when they part early, are equal, or one is missing', () => {
    expect(apart('Sure! {"a": 1}', '{"a": 1}')).toEqual(['Sure! {"a": 1}', '{"a": 1}']);
    expect(apart('a\n  b', 'a b')).toEqual(['a b', 'a b']);
    expect(apart(null, 'x')).toEqual([null, 'x']);
  });
});

describe('the verdict', () => {
  it('does not break between a figure and its sign', () => {
    expect(unbroken('(38 %, p = 0.02)')).toBe('(38\u00a0%, p\u00a0=\u00a00.02)');
  });
});

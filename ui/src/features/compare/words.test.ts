import type { StatTest } from '$lib/bindings/StatTest';
import { describe, expect, it } from 'vitest';
import { editOf } from './kinds';
import {
  intervalText,
  kindWord,
  metricValue,
  neededText,
  parted,
  pText,
  smallestText,
  unbroken,
  winText,
} from './words';

const test: StatTest = {
  metric: 'pass_rate',
  method: 'mcnemar_exact',
  estimate: 0.29,
  ci_low: -0.02,
  ci_high: 0.44,
  p_value: 0.0004,
  n: 47,
  p_adjusted: 0.0012,
  smallest_shown: 0.21,
  more_needed: 143,
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

  it('tell on which side of the level a p-value is', () => {
    expect([0.049, 0.0504, 0.1].map(pText)).toEqual(['0.049', '0.050', '0.10']);
  });
});

describe('what more cases would show', () => {
  it('is said in words, no more exactly than it is known', () => {
    expect(neededText(test)).toBe('about 140 cases');
    expect(neededText({ ...test, more_needed: 1 })).toBe('about 1 case');
    expect(neededText({ ...test, more_needed: 1089 })).toBe('about 1,100 cases');
    expect(neededText({ ...test, more_needed: null })).toBe('–');
    expect(smallestText(test)).toBe('± 21 points');
    expect(smallestText({ ...test, smallest_shown: null })).toBe('–');
  });

  it('never shows a bare share of wins', () => {
    const wins = { better: 12, worse: 5, tie: 3, both_bad: 0 };
    const text = winText({ ...wins, rate: 0.675, ci_low: 0.45, ci_high: 0.84, p_value: 0.143 });
    expect(text).toMatch(/67.5.%/);
    expect(text).toMatch(/interval 45.% to 84.%/);
    expect(text).toMatch(/p.=.0.14/);
    expect(text).toMatch(/n.=.20/);
    expect(winText({ ...wins, rate: null, ci_low: null, ci_high: null, p_value: null })).toBe(
      'nothing judged',
    );
  });
});

describe('kinds of change', () => {
  it('are words, also those added later', () => {
    expect(kindWord('json_field:$.label')).toBe('other value at $.label');
    expect(kindWord('field_lost:$.items[*].id')).toBe('field $.items[*].id lost');
    expect(kindWord('language:deu')).toBe('now in German');
    expect(kindWord('language:not a code')).toBe('now in not a code');
    expect(kindWord('longer_2x')).toBe('at least twice as long');
    expect(kindWord('brand_new')).toBe('brand new');
  });

  it('say what an edit took away and what it brought', () => {
    expect(editOf('edit:"30 days" → "14 days"')).toEqual({
      path: null,
      removed: '30 days',
      added: '14 days',
    });
    expect(editOf(`edit:$['odd key'] "a \\"→\\" b" → ""`)).toEqual({
      path: "$['odd key']",
      removed: 'a "→" b',
      added: '',
    });
    expect(kindWord('edit:$.queue "other" → "billing"')).toBe('$.queue: “other” → “billing”');
    expect(editOf('edit:nothing quoted')).toBeNull();
    expect(editOf(`edit:${'"'.repeat(100_000)}`)).toBeNull();
  });
});

describe('previews', () => {
  it('start shortly before they part from the baseline', () => {
    const [a, b] = [
      '{"queue": "billing", "urgency": "low"}',
      '{"queue": "billing", "urgency": "high"}',
    ];
    expect(parted(a, b)).toBe('…rgency": "high"}');
  });

  it('stay whole when they part early or are equal', () => {
    expect(parted('Sure! {"a": 1}', '{"a": 1}')).toBe('{"a": 1}');
    expect(parted('a\n  b', 'a b')).toBe('a b');
  });
});

describe('the verdict', () => {
  it('does not break between a figure and its sign', () => {
    expect(unbroken('(38 %, p = 0.02)')).toBe('(38\u00a0%, p\u00a0=\u00a00.02)');
  });
});

/** Verdicts, kinds of change and statistics in words. A verdict is never told by colour alone. */
import type { CompareView } from '$lib/bindings/CompareView';
import type { RowVerdict } from '$lib/bindings/RowVerdict';
import type { StatTest } from '$lib/bindings/StatTest';
import { duration } from '$lib/format';

type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'info';

export const VERDICTS: Record<
  RowVerdict,
  { word: string; glyph: string; tone: Tone; meaning: string }
> = {
  changed: { word: 'changed', glyph: '≠', tone: 'info', meaning: 'another answer, the same grade' },
  fixed: { word: 'fixed', glyph: '✓', tone: 'good', meaning: 'failed in A, passes in B' },
  broken: { word: 'broken', glyph: '✗', tone: 'bad', meaning: 'passed in A, fails in B' },
  same: { word: 'same', glyph: '=', tone: 'plain', meaning: 'the same answer on both sides' },
  only_a: { word: 'only in A', glyph: 'A', tone: 'plain', meaning: 'B has no such case' },
  only_b: { word: 'only in B', glyph: 'B', tone: 'plain', meaning: 'A has no such case' },
  not_comparable: {
    word: 'not comparable',
    glyph: '?',
    tone: 'warn',
    meaning: 'one side has no whole answer',
  },
};

/** Verdicts in the order of interest, with their counts. */
export function verdictCounts(view: CompareView): { verdict: RowVerdict; count: number }[] {
  return [
    { verdict: 'broken', count: view.broken },
    { verdict: 'fixed', count: view.fixed },
    { verdict: 'changed', count: view.changed },
    { verdict: 'same', count: view.same },
    { verdict: 'only_a', count: view.only_a },
    { verdict: 'only_b', count: view.only_b },
    { verdict: 'not_comparable', count: view.not_comparable },
  ];
}

const KINDS: Record<string, string> = {
  tool_call: 'other tool call',
  empty: 'became empty',
  refusal_appeared: 'refusal appeared',
  refusal_disappeared: 'refusal disappeared',
  formatting: 'formatting only',
  number: 'other numbers',
  label: 'other label',
  longer_2x: 'at least twice as long',
  shorter_2x: 'at most half as long',
  wording: 'wording',
};

export function kindWord(kind: string): string {
  if (kind.startsWith('json_field:')) return `JSON ${kind.slice('json_field:'.length)}`;
  return KINDS[kind] ?? kind.replaceAll('_', ' ');
}

const METRICS: Record<string, string> = {
  answers_moved: 'answers moved',
  pass_rate: 'pass rate, B − A',
  latency_ms: 'latency, B − A',
  tokens_out: 'tokens out, B − A',
  tokens_in: 'tokens in, B − A',
  cost_usd: 'cost per call, B − A',
};

const METHODS: Record<string, string> = {
  wilson: 'Wilson interval',
  mcnemar_exact: 'McNemar, exact',
  bootstrap_sign_flip: 'bootstrap, sign flip',
  paired_normal: 'paired, normal',
};

export const metricWord = (test: StatTest) =>
  METRICS[test.metric] ?? test.metric.replaceAll('_', ' ');
export const methodWord = (test: StatTest) =>
  METHODS[test.method] ?? test.method.replaceAll('_', ' ');

/** A value of this metric with its unit; differences carry their sign. */
export function metricValue(metric: string, value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  const sign = value > 0 ? '+' : value < 0 ? '−' : '';
  const size = Math.abs(value);
  switch (metric) {
    case 'answers_moved':
      return `${round(size * 100)} %`;
    case 'pass_rate':
      return `${sign}${round(size * 100)} points`;
    case 'latency_ms':
      return `${sign}${duration(size)}`;
    case 'cost_usd':
      // A statistic, not an amount that was paid: three digits say what the test can say.
      return size === 0 ? '$0' : `${sign}$${plain(size)}`;
    default:
      return `${sign}${round(size)}`;
  }
}

export function intervalText(test: StatTest): string {
  if (test.ci_low === null || test.ci_high === null) return '–';
  return `${metricValue(test.metric, test.ci_low)} to ${metricValue(test.metric, test.ci_high)}`;
}

/** "0.002", "< 0.001". */
export function pText(p: number | null): string {
  if (p === null) return '–';
  if (p < 0.001) return '< 0.001';
  return String(Number(p.toPrecision(p < 0.1 ? 1 : 2)));
}

const round = (value: number) => String(Number(value.toPrecision(value >= 100 ? 4 : 3)));
const plain = (value: number) =>
  value.toFixed(Math.min(12, Math.max(2, 2 - Math.floor(Math.log10(value)))));

/** Keeps "p = 0.02" and "38 %" on one line. */
export function unbroken(sentence: string): string {
  return sentence.replaceAll(/ (?==|%)|(?<==) /g, '\u00a0');
}

const BEFORE = 10;

/**
 * Both previews from shortly before where they part: in a narrow list two long answers that differ
 * late would look the same.
 */
export function apart(a: string | null, b: string | null): [string | null, string | null] {
  const [left, right] = [flat(a), flat(b)];
  if (left === null || right === null || left === right) return [left, right];
  let same = 0;
  while (same < left.length && same < right.length && left[same] === right[same]) same += 1;
  const from = same - BEFORE;
  if (from <= 2) return [left, right];
  return [`…${left.slice(from)}`, `…${right.slice(from)}`];
}

function flat(text: string | null): string | null {
  return text === null ? null : text.replaceAll(/\s+/g, ' ').trim();
}

/** Verdicts, kinds of change and statistics in words. A verdict is never told by colour alone. */
import type { Choice } from '$lib/bindings/Choice';
import type { PairSummary } from '$lib/bindings/PairSummary';
import type { ReviewDecision } from '$lib/bindings/ReviewDecision';
import type { RowVerdict } from '$lib/bindings/RowVerdict';
import type { StatTest } from '$lib/bindings/StatTest';
import type { WinRate } from '$lib/bindings/WinRate';
import { count, duration, plural, share } from '$lib/format';
import { editOf } from './kinds';

export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'info';

export const VERDICTS: Record<
  RowVerdict,
  { word: string; glyph: string; tone: Tone; meaning: string }
> = {
  changed: { word: 'changed', glyph: '≠', tone: 'info', meaning: 'another answer, the same grade' },
  fixed: { word: 'fixed', glyph: '▲', tone: 'good', meaning: 'failed at the baseline, passes now' },
  broken: { word: 'broken', glyph: '▼', tone: 'bad', meaning: 'passed at the baseline, fails now' },
  same: { word: 'same', glyph: '=', tone: 'plain', meaning: 'the same answer on both sides' },
  only_a: {
    word: 'only before',
    glyph: '−',
    tone: 'plain',
    meaning: 'only the baseline has the case',
  },
  only_b: { word: 'only now', glyph: '+', tone: 'plain', meaning: 'the baseline has no such case' },
  not_comparable: {
    word: 'not comparable',
    glyph: '?',
    tone: 'warn',
    meaning: 'one side has no whole answer',
  },
};

/** Verdicts in the order of interest, with their counts. */
export function verdictCounts(view: PairSummary): { verdict: RowVerdict; count: number }[] {
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

export const DECISIONS: Record<ReviewDecision, { word: string; tone: Tone }> = {
  accept: { word: 'accepted', tone: 'good' },
  reject: { word: 'rejected', tone: 'bad' },
  open: { word: 'taken back', tone: 'plain' },
};

const KINDS: Record<string, string> = {
  tool_call: 'other tool call',
  empty: 'became empty',
  refusal_appeared: 'refusal appeared',
  refusal_disappeared: 'refusal disappeared',
  json_lost: 'is not JSON any more',
  json_appeared: 'became JSON',
  whitespace: 'white space only',
  formatting: 'formatting only',
  number: 'other numbers',
  label: 'other label',
  longer_2x: 'at least twice as long',
  shorter_2x: 'at most half as long',
  fact_missing: 'a fact is missing',
  wording: 'wording',
  noise: 'as the repeats of the baseline differ',
};

const ABOUT_A_PATH: Record<string, (path: string) => string> = {
  field_lost: (path) => `field ${path} lost`,
  field_added: (path) => `field ${path} added`,
  field_type: (path) => `other type at ${path}`,
  json_field: (path) => `other value at ${path}`,
  language: (code) => `now in ${languageName(code)}`,
};

function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** A kind of change as one line of text; an edit says what took the place of what. */
export function kindWord(kind: string): string {
  const edit = editOf(kind);
  if (edit) {
    const where = edit.path === null ? '' : `${edit.path}: `;
    return `${where}“${edit.removed}” → “${edit.added}”`;
  }
  const at = kind.indexOf(':');
  const about = at < 0 ? undefined : ABOUT_A_PATH[kind.slice(0, at)];
  return about ? about(kind.slice(at + 1)) : (KINDS[kind] ?? kind.replaceAll('_', ' '));
}

const METRICS: Record<string, string> = {
  answers_moved: 'answers moved',
  pass_rate: 'pass rate, new − old',
  latency_ms: 'latency, new − old',
  tokens_out: 'tokens out, new − old',
  tokens_in: 'tokens in, new − old',
  cost_usd: 'cost per call, new − old',
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

/** "0.049", "0.58", "< 0.001": near the level three digits tell on which side of it a p-value is. */
export function pText(p: number | null): string {
  if (p === null) return '–';
  if (p < 0.001) return '< 0.001';
  return p.toFixed(p < 0.0995 ? 3 : 2);
}

/** "about 140 cases", beside those that there are; a dash where the difference is shown already. */
export function neededText(test: StatTest): string {
  if (test.more_needed === null || test.more_needed <= 0) return '–';
  const rounded =
    test.more_needed < 20
      ? test.more_needed
      : Number(test.more_needed.toPrecision(test.more_needed < 100 ? 1 : 2));
  return `about ${plural(rounded, 'case')}`;
}

/** The least difference that so many pairs show; its sign says nothing. */
export function smallestText(test: StatTest): string {
  if (test.smallest_shown === null) return '–';
  return `± ${metricValue(test.metric, test.smallest_shown).replace('+', '')}`;
}

export const CHOICES: Record<Choice, string> = {
  better: 'better',
  worse: 'worse',
  tie: 'a tie',
  both_bad: 'both bad',
  skip: 'skipped',
};

export const judgedBy = (wins: WinRate) => wins.better + wins.worse + wins.tie + wins.both_bad;

/** A share never stands without its interval and what it is made of. */
export function winText(wins: WinRate): string {
  if (wins.rate === null) return 'nothing judged';
  const interval =
    wins.ci_low === null || wins.ci_high === null
      ? 'no interval'
      : `95 % interval ${share(wins.ci_low)} to ${share(wins.ci_high)}`;
  const p = wins.p_value === null ? 'not tested' : `p = ${pText(wins.p_value)}`.replace('= <', '<');
  return unbroken(`wins ${share(wins.rate)} (${interval}, ${p}, n = ${count(judgedBy(wins))})`);
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
 * The start of an answer, or where it parts from the baseline's if that is late: in a narrow column two
 * long answers would look the same.
 */
export function parted(baseline: string, answer: string): string {
  const [left, right] = [flat(baseline), flat(answer)];
  if (left === right) return right;
  let same = 0;
  while (same < left.length && same < right.length && left[same] === right[same]) same += 1;
  const from = same - BEFORE;
  return from <= 2 ? right : `…${right.slice(from)}`;
}

const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

/** Assertions in words: what is checked, the other way round where negated, and what it weighs. */
import type { Assertion } from '$lib/bindings/Assertion';
import type { AssertionOutcome } from '$lib/bindings/AssertionOutcome';
import { count, duration, usd } from '$lib/format';

const MEASURES = { f1: 'F1', recall: 'recall' } as const;
const TOKENS = { in: 'tokens in', out: 'tokens out', total: 'tokens in all' } as const;

/** One assertion as a person would say it. */
export function assertionText(assertion: Assertion): string {
  const text = assertion.negate ? `not: ${checkText(assertion)}` : checkText(assertion);
  const weight = assertion.weight ?? 1;
  if (weight === 1) return text;
  return weight === 0 ? `${text} (told only)` : `${text} (weight ${weight})`;
}

/** The figure of an outcome that was held against a threshold; nothing where there is none. */
export function scoreText(outcome: AssertionOutcome): string {
  if (outcome.score === null) return '';
  switch (outcome.assertion.kind) {
    case 'latency_ms':
      return duration(outcome.score);
    case 'cost_usd':
      return usd(String(outcome.score));
    default:
      return String(Math.round(outcome.score * 10_000) / 10_000);
  }
}

function checkText(assertion: Assertion): string {
  const show = (value: unknown) => JSON.stringify(value);
  const cased = (ignored: boolean | undefined, usual: boolean) => {
    if ((ignored ?? usual) === usual) return '';
    return ignored ? ', ignoring case' : ', case counts';
  };
  switch (assertion.kind) {
    case 'equals':
      return `equals ${show(assertion.value)}${cased(assertion.ignore_case, false)}`;
    case 'contains':
      return `contains ${show(assertion.value)}${cased(assertion.ignore_case, true)}`;
    case 'not_contains':
      return `does not contain ${show(assertion.value)}${cased(assertion.ignore_case, true)}`;
    case 'contains_any':
      return `contains one of ${list(assertion.values)}${cased(assertion.ignore_case, true)}`;
    case 'contains_all':
      return `contains all of ${list(assertion.values)}${cased(assertion.ignore_case, true)}`;
    case 'starts_with':
      return `starts with ${show(assertion.value)}${cased(assertion.ignore_case, false)}`;
    case 'regex':
      return `matches ${assertion.value}`;
    case 'length':
      return `has ${range(assertion.min, assertion.max)} ${assertion.unit}`;
    case 'json_valid':
      return 'is valid JSON';
    case 'json_schema':
      return 'is JSON that fits the schema of the case';
    case 'json_equals':
      return `${assertion.path} is ${show(assertion.value)}`;
    case 'number':
      return `${assertion.path ?? 'the number'} is ${assertion.value}${margin(assertion)}`;
    case 'levenshtein':
      return `is like ${show(assertion.value)} (${edits(assertion)})`;
    case 'rouge_n': {
      const measure = MEASURES[assertion.measure ?? 'f1'];
      return `ROUGE-${assertion.n} ${measure} against ${show(assertion.value)} is at least ${assertion.min}`;
    }
    case 'bleu':
      return `BLEU against ${show(assertion.value)} is at least ${assertion.min}`;
    case 'refusal':
      return 'refuses';
    case 'citation_in_context':
      return `cites only what stands in ${assertion.variable ?? 'the variables'}`;
    case 'tool_called':
      return assertion.arguments === undefined || assertion.arguments === null
        ? `calls ${assertion.name}`
        : `calls ${assertion.name} with ${show(assertion.arguments)}`;
    case 'tool_arguments':
      return `calls ${assertion.name} with arguments that fit their schema`;
    case 'latency_ms':
      return `takes at most ${duration(assertion.max)}`;
    case 'cost_usd':
      return `costs at most ${usd(assertion.max)}`;
    case 'tokens':
      return `takes at most ${count(assertion.max)} ${TOKENS[assertion.of]}`;
    case 'finish_reason':
      return `ends by ${assertion.value}`;
    case 'rubric':
      return `${assertion.judge} finds: ${assertion.criteria}${atLeast(assertion.min_score)}`;
    case 'similar':
      return `is similar to ${show(assertion.value)} by ${assertion.embedding}${atLeast(assertion.min)}`;
  }
}

function list(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}

function range(min: number | null | undefined, max: number | null | undefined): string {
  if (min == null) return max == null ? 'any number of' : `at most ${count(max)}`;
  return max == null ? `at least ${count(min)}` : `${count(min)} to ${count(max)}`;
}

function margin(of: { tolerance?: number | null; relative_tolerance?: number | null }): string {
  const margins = [
    of.tolerance == null ? '' : `${of.tolerance}`,
    of.relative_tolerance == null ? '' : `${Math.round(of.relative_tolerance * 1e6) / 1e4} %`,
  ].filter(Boolean);
  return margins.length === 0 ? '' : ` ± ${margins.join(' or ')}`;
}

function edits(of: { max_distance?: number | null; min_similarity?: number | null }): string {
  return [
    of.max_distance == null ? '' : `at most ${count(of.max_distance)} edits`,
    of.min_similarity == null ? '' : `similarity at least ${of.min_similarity}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function atLeast(min: number | null | undefined): string {
  return min == null ? '' : `, at least ${min}`;
}

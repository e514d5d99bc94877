/**
 * The form of a new run: from what a person chose and typed to a plan, or to what is missing.
 * Knows nothing of prices or calls; the estimate does.
 */
import type { Estimate } from '$lib/bindings/Estimate';
import type { RunPlan } from '$lib/bindings/RunPlan';
import type { Target } from '$lib/bindings/Target';
import { count, plural, usd } from '$lib/format';

export interface PlanForm {
  prompts: string[];
  targets: Target[];
  dataset: string;
  repeats: string;
  concurrency: string;
  /** US dollars as typed; empty is no cap. */
  cap: string;
  baseUrl: string;
  useCache: boolean;
  retries: boolean;
}

export interface FormErrors {
  repeats?: string;
  concurrency?: string;
  cap?: string;
  baseUrl?: string;
}

export const EMPTY_FORM: PlanForm = {
  prompts: [],
  targets: [],
  dataset: '',
  repeats: '1',
  concurrency: '4',
  cap: '',
  baseUrl: '',
  useCache: true,
  retries: true,
};

const MOST_REPEATS = 100;
const MOST_CONCURRENT = 64;

export function targetText(target: Target): string {
  return `${target.provider}:${target.model}`;
}

/** `provider:model`; the model may hold colons. Null when it is not that. */
export function parseTarget(text: string): Target | null {
  const at = text.indexOf(':');
  const provider = text.slice(0, Math.max(0, at)).trim().toLowerCase();
  const model = text.slice(at + 1).trim();
  return at > 0 && provider !== '' && model !== '' ? { provider, model } : null;
}

const KNOWN_HOMES = [
  'openai',
  'openai_responses',
  'anthropic',
  'gemini',
  'azure_openai',
  'bedrock',
  'ollama',
  'recorded',
];

/** Providers with no address of their own need a base URL. */
export function needsBaseUrl(targets: Target[]): boolean {
  return targets.some((target) => !KNOWN_HOMES.includes(target.provider));
}

export function errorsOf(form: PlanForm): FormErrors {
  const errors: FormErrors = {};
  if (wholeNumber(form.repeats, MOST_REPEATS) === null) {
    errors.repeats = `Write a whole number from 1 to ${MOST_REPEATS}`;
  }
  if (wholeNumber(form.concurrency, MOST_CONCURRENT) === null) {
    errors.concurrency = `Write a whole number from 1 to ${MOST_CONCURRENT}`;
  }
  if (form.cap.trim() !== '' && capOf(form.cap) === null) {
    errors.cap = 'Write an amount such as 0.50';
  }
  const url = form.baseUrl.trim();
  if (url !== '' && !/^https?:\/\/[^\s/]+/i.test(url)) {
    errors.baseUrl = 'Write a URL such as http://127.0.0.1:8080/v1';
  } else if (url === '' && needsBaseUrl(form.targets)) {
    errors.baseUrl = 'This provider has no address of its own: give its base URL';
  }
  return errors;
}

/** What still has to be chosen, in the order of the form. */
export function missingOf(form: PlanForm): string[] {
  const missing: string[] = [];
  if (form.prompts.length === 0) missing.push('a prompt version');
  if (form.targets.length === 0) missing.push('a model');
  if (form.dataset === '') missing.push('a dataset');
  return missing;
}

/** The plan, or null while something is missing or wrong. */
export function planOf(form: PlanForm): RunPlan | null {
  if (missingOf(form).length > 0 || Object.keys(errorsOf(form)).length > 0) return null;
  return {
    prompts: form.prompts,
    targets: form.targets,
    dataset: form.dataset,
    repeats: wholeNumber(form.repeats, MOST_REPEATS) ?? 1,
    concurrency: wholeNumber(form.concurrency, MOST_CONCURRENT) ?? 1,
    base_url: form.baseUrl.trim() || null,
    cap_usd: form.cap.trim() === '' ? null : capOf(form.cap),
    use_cache: form.useCache,
    retries: form.retries,
  };
}

/** A form filled with the plan of an earlier run. */
export function formOf(plan: RunPlan): PlanForm {
  return {
    prompts: plan.prompts,
    targets: plan.targets,
    dataset: plan.dataset,
    repeats: String(plan.repeats),
    concurrency: String(plan.concurrency),
    cap: plan.cap_usd ?? '',
    baseUrl: plan.base_url ?? '',
    useCache: plan.use_cache,
    retries: plan.retries,
  };
}

function wholeNumber(text: string, most: number): number | null {
  if (!/^\s*\d{1,4}\s*$/.test(text)) return null;
  const value = Number(text);
  return value >= 1 && value <= most ? value : null;
}

/** A decimal amount above zero, digit for digit as typed. */
export function capOf(text: string): string | null {
  const digits = text.trim().replace(/^\$/, '');
  if (!/^\d{1,7}(\.\d{1,6})?$/.test(digits) || /^[0.]*$/.test(digits)) return null;
  return digits;
}

export interface CostText {
  value: string;
  note: string;
  known: boolean;
}

/** The cost of an estimate in words: "$0.012 – $0.031", "nothing", or "unknown" with the reason. */
export function costText(estimate: Estimate): CostText {
  if (estimate.live === 0) {
    return { value: '$0.00', note: 'no call leaves this machine', known: true };
  }
  const table = `${estimate.price_table} ${estimate.price_version}`;
  const { cost_expected_usd: expected, cost_upper_usd: upper } = estimate;
  if (estimate.unpriced.length > 0) {
    const names = estimate.unpriced.map(targetText).join(', ');
    const rest = upper === null ? '' : `; the rest at most ${usd(upper)}`;
    return { value: 'unknown', note: `no price for ${names} in ${table}${rest}`, known: false };
  }
  if (upper === null)
    return { value: 'unknown', note: `not computable from ${table}`, known: false };
  const { cost_low_usd: low, cost_high_usd: high } = estimate;
  if (expected === null || low === null || high === null) {
    return { value: `up to ${usd(upper)}`, note: table, known: true };
  }
  return {
    value: usd(expected),
    note: `${usd(low)} to ${usd(high)} ${priorText(estimate)}, never above ${usd(upper)}; ${table}`,
    known: true,
  };
}

/** What the range of an estimate rests on. */
function priorText(estimate: Estimate): string {
  const calls = Math.min(...estimate.columns.map((column) => column.output.calls));
  return estimate.columns.length > 0 && calls > 0
    ? `by the answers of ${plural(calls, 'earlier call')}`
    : 'by the limit alone, since no earlier call tells';
}

/** How far counted input may be off, where a column's model does not publish how it counts. */
export function countErrorText(estimate: Estimate): string | undefined {
  const known = estimate.columns.flatMap((column) => column.count_error ?? []);
  const worst = known.reduce((most, error) => Math.max(most, error.error_p90), 0);
  return known.length === 0 ? undefined : `counted within ${(worst * 100).toFixed(0)} %`;
}

/** True when the run could pass its cap before it ends. */
export function mayReachCap(estimate: Estimate, cap: string | null): boolean {
  if (cap === null || estimate.live === 0) return false;
  if (estimate.cost_upper_usd === null || estimate.unpriced.length > 0) return true;
  return Number(estimate.cost_upper_usd) > Number(cap);
}

/** "48 cells: 2 versions × 1 model × 24 cases". */
export function matrixText(form: PlanForm, cases: number | null): string {
  const parts = [plural(form.prompts.length, 'version'), plural(form.targets.length, 'model')];
  if (cases !== null) parts.push(plural(cases, 'case'));
  if (form.repeats.trim() !== '1') parts.push(`${form.repeats.trim()} repeats`);
  return parts.join(' × ');
}

export const callsText = (estimate: Estimate) =>
  estimate.live === 0 ? 'no live calls' : `${count(estimate.live)} live calls`;

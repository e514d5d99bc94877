/**
 * The form of a new run: from what a person chose and typed to a plan, or to what is missing.
 * Knows nothing of prices or calls; the estimate does.
 */
import type { CallWaits } from '$lib/bindings/CallWaits';
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
  /** Address of each provider that is not asked at its own home. */
  baseUrls: Record<string, string>;
  /** Address of every other provider, such as that of a judge. */
  baseUrl: string;
  /** Whom the run is made for; empty is nobody in particular. */
  tenant: string;
  /** Seconds as typed; empty is as usual. */
  waits: Record<Wait, string>;
  useCache: boolean;
  retries: boolean;
}

/** What a call waits for. */
export type Wait = keyof CallWaits;

export const WAITS: { wait: Wait; label: string; usualS: number }[] = [
  { wait: 'connect_ms', label: 'Connection, seconds', usualS: 10 },
  { wait: 'first_token_ms', label: 'First token, seconds', usualS: 120 },
  { wait: 'idle_ms', label: 'Between pieces, seconds', usualS: 60 },
  { wait: 'total_ms', label: 'Whole call, seconds', usualS: 600 },
];

export interface FormErrors {
  repeats?: string;
  concurrency?: string;
  cap?: string;
  baseUrl?: string;
  baseUrls?: Record<string, string>;
  waits?: Partial<Record<Wait, string>>;
}

export const EMPTY_FORM: PlanForm = {
  prompts: [],
  targets: [],
  dataset: '',
  repeats: '1',
  concurrency: '4',
  cap: '',
  baseUrls: {},
  baseUrl: '',
  tenant: '',
  waits: { connect_ms: '', first_token_ms: '', idle_ms: '', total_ms: '' },
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
export const needsBaseUrl = (provider: string) => !KNOWN_HOMES.includes(provider);

/** The providers that a plan asks, but for the recordings. */
export function providersOf(targets: Target[]): string[] {
  const named = targets.map((target) => target.provider);
  return [...new Set(named)].filter((provider) => provider !== 'recorded').sort();
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
  if (form.baseUrl.trim() !== '' && !isUrl(form.baseUrl)) errors.baseUrl = NO_URL;
  const baseUrls: Record<string, string> = {};
  for (const provider of providersOf(form.targets)) {
    const url = form.baseUrls[provider]?.trim() ?? '';
    if (url !== '' && !isUrl(url)) baseUrls[provider] = NO_URL;
    else if (url === '' && form.baseUrl.trim() === '' && needsBaseUrl(provider)) {
      baseUrls[provider] = 'This provider has no address of its own: give its base URL';
    }
  }
  if (Object.keys(baseUrls).length > 0) errors.baseUrls = baseUrls;
  const waits: Partial<Record<Wait, string>> = {};
  for (const { wait } of WAITS) {
    if (form.waits[wait].trim() !== '' && millisecondsOf(form.waits[wait]) === null) {
      waits[wait] = 'Write seconds such as 30';
    }
  }
  if (Object.keys(waits).length > 0) errors.waits = waits;
  return errors;
}

const NO_URL = 'Write a URL such as http://127.0.0.1:8080/v1';
const isUrl = (text: string) => /^https?:\/\/[^\s/]+/i.test(text.trim());

/** The first thing that is wrong with a form. */
export function firstError(errors: FormErrors): string | null {
  const { baseUrls, waits, ...own } = errors;
  const all = [own, baseUrls ?? {}, waits ?? {}].flatMap((some) => Object.values(some));
  return all.find((error): error is string => typeof error === 'string') ?? null;
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
    base_urls: baseUrlsOf(form),
    tenant: form.tenant.trim() || null,
    waits: waitsOf(form),
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
    baseUrls: Object.fromEntries(
      Object.entries(plan.base_urls ?? {}).map(([provider, url]) => [provider, url ?? '']),
    ),
    baseUrl: plan.base_url ?? '',
    tenant: plan.tenant ?? '',
    waits: Object.fromEntries(
      WAITS.map(({ wait }) => [wait, secondsOf(plan.waits?.[wait] ?? null)]),
    ) as Record<Wait, string>,
    useCache: plan.use_cache,
    retries: plan.retries,
  };
}

/** The addresses of the providers that the plan asks; one that was chosen and left again has none. */
function baseUrlsOf(form: PlanForm): Record<string, string> {
  const given = providersOf(form.targets).map(
    (provider) => [provider, form.baseUrls[provider]?.trim() ?? ''] as const,
  );
  return Object.fromEntries(given.filter(([, url]) => url !== ''));
}

function waitsOf(form: PlanForm): CallWaits {
  const waits = WAITS.map(({ wait }) => [wait, millisecondsOf(form.waits[wait])]);
  return Object.fromEntries(waits) as CallWaits;
}

const secondsOf = (ms: number | null) => (ms === null ? '' : String(ms / 1000));

function millisecondsOf(seconds: string): number | null {
  if (!/^\s*\d{1,6}(\.\d{1,3})?\s*$/.test(seconds)) return null;
  const ms = Math.round(Number(seconds) * 1000);
  return ms > 0 ? ms : null;
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

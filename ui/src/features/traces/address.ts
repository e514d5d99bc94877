/**
 * The address of the traces screen: which filter, sort, trace and span it names, and back.
 * Anything it cannot read counts as not set.
 */
import type { SpanKind } from '$lib/bindings/SpanKind';
import type { SpanStatus } from '$lib/bindings/SpanStatus';
import type { TraceFilter } from '$lib/bindings/TraceFilter';
import type { TraceSort } from '$lib/bindings/TraceSort';
import { href, type Route } from '$lib/router.svelte';

export const SORTS: { value: TraceSort; label: string }[] = [
  { value: 'newest', label: 'newest first' },
  { value: 'oldest', label: 'oldest first' },
  { value: 'slowest', label: 'slowest first' },
  { value: 'costliest', label: 'costliest first' },
  { value: 'most_tokens', label: 'most tokens first' },
];

const KINDS: SpanKind[] = [
  'llm',
  'tool',
  'retrieval',
  'embedding',
  'rerank',
  'chain',
  'agent',
  'guardrail',
];
const STATUSES: SpanStatus[] = ['ok', 'error', 'cancelled', 'truncated', 'unset'];

/** Ways in, while no trace is open. */
export type IntakeTab = 'files' | 'live' | 'redaction';

export const INTAKE_TABS: { id: IntakeTab; label: string }[] = [
  { id: 'files', label: 'Files' },
  { id: 'live', label: 'Live' },
  { id: 'redaction', label: 'Redaction' },
];

export interface TraceAddress {
  traceId: string | null;
  spanId: string | null;
  /** The import whose report is open. */
  importId: string | null;
  tab: IntakeTab;
  filter: TraceFilter;
  sort: TraceSort;
}

export const NO_FILTER: TraceFilter = {
  text: '',
  kind: null,
  model: null,
  status: null,
  prompt_name: null,
  environment: null,
  from: null,
  to: null,
  only_errors: false,
};

export function addressOf(route: Route): TraceAddress {
  const { params } = route;
  return {
    traceId: route.rest[0] ?? null,
    spanId: params.span ?? null,
    importId: params.import ?? null,
    tab: INTAKE_TABS.find((t) => t.id === params.tab)?.id ?? 'files',
    sort: SORTS.find((s) => s.value === params.sort)?.value ?? 'newest',
    filter: {
      text: params.q ?? '',
      kind: oneOf(KINDS, params.kind),
      model: params.model ?? null,
      status: oneOf(STATUSES, params.status),
      prompt_name: params.prompt ?? null,
      environment: params.env ?? null,
      from: nanosOf(params.from),
      to: nanosOf(params.to),
      only_errors: params.errors === '1',
    },
  };
}

/** Params of a filter; what is not set is null, so that `router.set` takes it away. */
export function filterParams(filter: TraceFilter): Record<string, string | null> {
  return {
    q: filter.text || null,
    kind: filter.kind,
    model: filter.model,
    status: filter.status,
    prompt: filter.prompt_name,
    env: filter.environment,
    from: filter.from,
    to: filter.to,
    errors: filter.only_errors ? '1' : null,
  };
}

/** Address of a trace that keeps the filter it was found with. */
export function traceHref(
  address: Pick<TraceAddress, 'filter' | 'sort'>,
  traceId: string | null,
  spanId: string | null = null,
): string {
  return href('traces', traceId === null ? [] : [traceId], {
    ...filterParams(address.filter),
    sort: address.sort === 'newest' ? null : address.sort,
    span: spanId,
  });
}

/** What is filtered by, as words, apart from the text and the time. */
export function filterWords(filter: TraceFilter): { key: keyof TraceFilter; text: string }[] {
  const words: { key: keyof TraceFilter; text: string }[] = [];
  const add = (key: keyof TraceFilter, name: string, value: string | null) => {
    if (value !== null) words.push({ key, text: `${name}: ${value}` });
  };
  add('kind', 'kind', filter.kind);
  add('model', 'model', filter.model);
  add('status', 'status', filter.status);
  add('prompt_name', 'prompt', filter.prompt_name);
  add('environment', 'environment', filter.environment);
  return words;
}

export function isFiltered(filter: TraceFilter): boolean {
  return Object.values(filterParams(filter)).some((value) => value !== null);
}

function oneOf<T extends string>(known: readonly T[], text: string | undefined): T | null {
  return known.find((value) => value === text) ?? null;
}

/** Nanoseconds since 1970 as text; a hand-written address may hold anything. */
function nanosOf(text: string | undefined): string | null {
  return text !== undefined && /^\d{1,19}$/.test(text) ? text : null;
}

/**
 * The address of the compare screen: the sides, which pair is looked at, a filter, the selected case and
 * how it is shown. `#/compare?a=RUN.0&b=RUN.1,RUN.2&with=2&verdict=broken&row=KEY`.
 */
import type { CompareFilter } from '$lib/bindings/CompareFilter';
import type { RowVerdict } from '$lib/bindings/RowVerdict';
import type { RunRow } from '$lib/bindings/RunRow';
import type { Side } from '$lib/bindings/Side';
import type { Route } from '$lib/router.svelte';

export const VIEWS = ['split', 'unified', 'inline', 'json', 'markdown'] as const;
export type PairLayout = (typeof VIEWS)[number];
export const TABS = ['answers', 'figures', 'request', 'reviews'] as const;
export type CompareTab = (typeof TABS)[number];

/** The baseline and the others. */
export const MOST_SIDES = 6;
export const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F'] as const;

const VERDICTS: RowVerdict[] = [
  'same',
  'changed',
  'fixed',
  'broken',
  'only_a',
  'only_b',
  'not_comparable',
];

export interface CompareAddress {
  /** Baseline first; null where the address does not say. */
  baseline: Side | null;
  others: Side[];
  /** The side that the baseline is looked at with, from 1. */
  column: number;
  tab: CompareTab;
  /** Key of the selected case. */
  row: string | null;
  /** The selected case is open; otherwise it is a row of the grid. */
  pairOpen: boolean;
  blind: boolean;
  /** null: side by side, or what the reader prefers. */
  view: PairLayout | null;
  /** Which repeat of either side; null for the commonest answers. */
  repeats: [number, number] | null;
  filter: CompareFilter;
  /** Sides whose columns are not shown. */
  hidden: number[];
}

/** `RUN.COL`; the column may be left out where a run has one only. */
export function parseSide(text: string | undefined): Side | null {
  if (!text) return null;
  const match = /^(.+)\.(\d{1,4})$/.exec(text);
  return match
    ? { run_id: match[1] as string, column: Number(match[2]) }
    : { run_id: text, column: null };
}

export function sideText(side: Side): string {
  return side.column === null ? side.run_id : `${side.run_id}.${side.column}`;
}

/** As subjects of the ledger write it: the column always stands there. */
export function subjectText(side: Side): string {
  return `${side.run_id}.${side.column ?? 0}`;
}

export function sidesParams(sides: readonly Side[]): { a: string | null; b: string | null } {
  const [first, ...others] = sides.map(sideText);
  return { a: first ?? null, b: others.join(',') || null };
}

function smallNumber(text: string | undefined, most: number): number | null {
  return text !== undefined && /^\d{1,4}$/.test(text) && Number(text) <= most ? Number(text) : null;
}

function twoNumbers(text: string | undefined): [number, number] | null {
  const match = /^(\d{1,4})-(\d{1,4})$/.exec(text ?? '');
  return match ? [Number(match[1]), Number(match[2])] : null;
}

export function addressOf(route: Route): CompareAddress {
  const { params } = route;
  const others = (params.b ?? '')
    .split(',')
    .map(parseSide)
    .filter((side) => side !== null)
    .slice(0, MOST_SIDES - 1);
  const most = Math.max(1, others.length);
  const row = params.row ?? null;
  return {
    baseline: parseSide(params.a),
    others,
    column: smallNumber(params.with, most) || 1,
    tab: TABS.find((tab) => tab === params.tab) ?? 'answers',
    row,
    pairOpen: row !== null && params.show !== 'grid',
    blind: params.mode === 'blind',
    view: VIEWS.find((view) => view === params.view) ?? null,
    repeats: twoNumbers(params.rep),
    filter: {
      column: smallNumber(params.col, most) || null,
      verdict: VERDICTS.find((verdict) => verdict === params.verdict) ?? null,
      include_same: params.same === '1',
      kind: params.kind ?? null,
      text: params.q ?? '',
      flaky: params.flaky === '1',
      label: params.label ?? null,
      undecided: params.undecided === '1',
    },
    hidden: (params.hide ?? '')
      .split(',')
      .map((text) => smallNumber(text, most))
      .filter((column) => column !== null),
  };
}

/** What of a filter changes, as params; what is left out stays as it is. */
export function filterParams(
  filter: Partial<CompareFilter>,
): Record<string, string | number | null> {
  const params: Record<string, string | number | null> = {};
  const flag = (name: string, on: boolean | undefined) => {
    if (on !== undefined) params[name] = on ? '1' : null;
  };
  if (filter.column !== undefined) params.col = filter.column;
  if (filter.verdict !== undefined) params.verdict = filter.verdict;
  if (filter.kind !== undefined) params.kind = filter.kind;
  if (filter.label !== undefined) params.label = filter.label;
  if (filter.text !== undefined) params.q = filter.text || null;
  flag('same', filter.include_same);
  flag('flaky', filter.flaky);
  flag('undecided', filter.undecided);
  return params;
}

export const NO_FILTER: CompareFilter = {
  column: null,
  verdict: null,
  include_same: false,
  kind: null,
  text: '',
  flaky: false,
  label: null,
  undecided: false,
};

export function isNarrowed(filter: CompareFilter): boolean {
  return JSON.stringify({ ...filter, include_same: false }) !== JSON.stringify(NO_FILTER);
}

const columnsOf = (run: RunRow) => run.plan.prompts.length * run.plan.targets.length;

/** What to compare when the address does not say: the first two columns of the latest run that has two. */
export function defaultSides(
  runs: readonly RunRow[],
  baseline: Side | null,
  others: readonly Side[],
): Side[] | null {
  if (baseline && others.length > 0) return [baseline, ...others];
  const given = baseline ?? others[0] ?? null;
  const run = given
    ? runs.find((row) => row.id === given.run_id)
    : (runs.find((row) => row.status !== 'running' && columnsOf(row) > 1) ??
      runs.find((row) => columnsOf(row) > 1));
  if (!run) return null;
  if (!given) {
    return [
      { run_id: run.id, column: 0 },
      { run_id: run.id, column: 1 },
    ];
  }
  const other: Side = {
    run_id: run.id,
    column: columnsOf(run) > 1 ? ((given.column ?? 0) === 0 ? 1 : 0) : null,
  };
  return baseline ? [baseline, other] : [other, ...others];
}

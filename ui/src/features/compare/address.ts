/** The address of the compare screen: two sides, a filter, the open row and how it is shown. */
import type { CompareFilter } from '$lib/bindings/CompareFilter';
import type { RowVerdict } from '$lib/bindings/RowVerdict';
import type { RunRow } from '$lib/bindings/RunRow';
import type { Side } from '$lib/bindings/Side';
import type { Route } from '$lib/router.svelte';

export const VIEWS = ['split', 'unified', 'json'] as const;
export type PairLayout = (typeof VIEWS)[number];

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
  a: Side | null;
  b: Side | null;
  row: { caseKey: string; repeat: number } | null;
  /** null: side by side, or JSON paths where both answers are JSON and the reader prefers them. */
  view: PairLayout | null;
  filter: CompareFilter;
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

export function addressOf(route: Route): CompareAddress {
  const { params } = route;
  const repeat = Number(params.repeat ?? '0');
  return {
    a: parseSide(params.a),
    b: parseSide(params.b),
    row:
      params.row === undefined
        ? null
        : { caseKey: params.row, repeat: Number.isSafeInteger(repeat) && repeat > 0 ? repeat : 0 },
    view: VIEWS.find((view) => view === params.view) ?? null,
    filter: {
      verdict: VERDICTS.find((verdict) => verdict === params.verdict) ?? null,
      include_same: false,
      kind: params.kind ?? null,
      text: params.q ?? '',
    },
  };
}

export function rowParams(row: { case_key: string; repeat: number } | null) {
  return { row: row?.case_key ?? null, repeat: row && row.repeat > 0 ? row.repeat : null };
}

const columnsOf = (run: RunRow) => run.plan.prompts.length * run.plan.targets.length;

/** What to compare when the address does not say: the first two columns of the latest run that has two. */
export function defaultSides(
  runs: readonly RunRow[],
  a: Side | null,
  b: Side | null,
): { a: Side; b: Side } | null {
  if (a && b) return { a, b };
  const given = a ?? b;
  const run = given
    ? runs.find((row) => row.id === given.run_id)
    : (runs.find((row) => row.status !== 'running' && columnsOf(row) > 1) ??
      runs.find((row) => columnsOf(row) > 1));
  if (!run) return null;
  if (!given) return { a: { run_id: run.id, column: 0 }, b: { run_id: run.id, column: 1 } };
  const other: Side = {
    run_id: run.id,
    column: columnsOf(run) > 1 ? ((given.column ?? 0) === 0 ? 1 : 0) : null,
  };
  return a ? { a, b: other } : { a: other, b: given };
}

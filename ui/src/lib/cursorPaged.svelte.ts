/**
 * A very long list, read page by page. Each page is asked for from the nearest known end of a page
 * before it, so the engine never counts its way from the start; how many rows there are comes later
 * and holds up nothing. Call while a component initialises.
 */
import { untrack } from 'svelte';
import type { Problem } from '$lib/bindings/Problem';
import { onChange, type Topic } from '$lib/changes';
import { asProblem } from '$lib/problem';

export interface CursorQuestion<T> {
  key: readonly unknown[];
  load: (
    after: string | null,
    skip: number,
    limit: number,
  ) => Promise<{ rows: T[]; next: string | null }>;
  count: () => Promise<number>;
  topics?: readonly Topic[];
}

export interface CursorPaged<T> {
  /** Rows to make room for: the total, or what is known of it. Undefined before the first page. */
  readonly length: number | undefined;
  /** The number of rows, once it was counted. */
  readonly total: number | undefined;
  readonly problem: Problem | undefined;
  readonly busy: boolean;
  /** The rows are still those of the question before. */
  readonly stale: boolean;
  /** The row, or undefined while its page is on the way. */
  at(index: number): T | undefined;
  /** Where among the rows that were read; -1 when not there. */
  find(is: (row: T) => boolean): number;
  /** Says which rows are on screen; loads the pages they need. */
  need(first: number, last: number): void;
  reload(): void;
}

const PAGE = 100;
const BUSY_AFTER_MS = 100;
/** Pages asked for at the same time; a dragged scrollbar passes many and wants the last. */
const AT_ONCE = 2;
const KEPT = 80;

/** The nearest page before `page` whose end is known, and the rows between. */
export function wayTo(
  page: number,
  ends: ReadonlyMap<number, string>,
): { after: string | null; skip: number } {
  let best = -1;
  for (const known of ends.keys()) if (known < page && known > best) best = known;
  return { after: ends.get(best) ?? null, skip: (page - best - 1) * PAGE };
}

export function cursorPaged<T>(question: () => CursorQuestion<T> | null): CursorPaged<T> {
  let pages = $state.raw(new Map<number, T[]>());
  let total = $state<number>();
  let reached = $state<number>();
  let problem = $state.raw<Problem>();
  let busy = $state(false);
  let stale = $state(false);
  let current: CursorQuestion<T> | null = null;
  let currentKey = '';
  let turn = 0;
  let wanted: [number, number] = [0, 0];
  let ends = new Map<number, string>();
  const loading = new Set<number>();
  /** Pages read since the last restart; others on show are of before. */
  let fresh = new Set<number>();

  function wantedPages(): number[] {
    const first = Math.floor(wanted[0] / PAGE);
    const last = Math.floor(wanted[1] / PAGE);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }

  function work() {
    for (const page of wantedPages()) {
      if (loading.size >= AT_ONCE) return;
      if (!fresh.has(page) && !loading.has(page)) void loadPage(page);
    }
  }

  async function loadPage(page: number) {
    if (!current) return;
    const mine = turn;
    loading.add(page);
    const timer = setTimeout(() => mine === turn && (busy = true), BUSY_AFTER_MS);
    let failed: unknown;
    try {
      const { after, skip } = wayTo(page, ends);
      const answer = await current.load(after, skip, PAGE);
      if (mine === turn) take(page, answer.rows, answer.next);
    } catch (thrown) {
      failed = thrown;
    }
    clearTimeout(timer);
    if (mine !== turn) return;
    loading.delete(page);
    if (loading.size === 0) busy = false;
    if (failed === undefined) work();
    else {
      problem = asProblem(failed);
      stale = false;
    }
  }

  function take(page: number, rows: T[], next: string | null) {
    if (stale) pages = new Map();
    const isFirst = fresh.size === 0;
    stale = false;
    problem = undefined;
    fresh.add(page);
    const all = new Map(pages).set(page, rows);
    const here = wanted[0] / PAGE;
    for (const far of [...all.keys()].sort((a, b) => Math.abs(b - here) - Math.abs(a - here))) {
      if (all.size <= KEPT) break;
      all.delete(far);
      fresh.delete(far);
    }
    pages = all;
    if (next !== null) ends.set(page, next);
    const end = page * PAGE + rows.length;
    if (next === null && (rows.length > 0 || page === 0)) total = end;
    reached = Math.max(isFirst ? 0 : (reached ?? 0), end + (next === null ? 0 : PAGE));
    if (isFirst && next !== null) void countRows();
  }

  async function countRows() {
    const mine = turn;
    try {
      const found = await current?.count();
      if (mine === turn && found !== undefined) total = found;
    } catch (thrown) {
      if (mine === turn) problem = asProblem(thrown);
    }
  }

  function restart() {
    turn += 1;
    loading.clear();
    ends = new Map();
    fresh = new Set();
    busy = false;
    work();
  }

  $effect.pre(() => {
    const next = question();
    untrack(() => {
      const key = next ? JSON.stringify(next.key) : '';
      current = next;
      if (key === currentKey) return;
      currentKey = key;
      // What stood there stays, dimmed, until the first page of the new question replaces it.
      stale = pages.size > 0;
      total = undefined;
      problem = undefined;
      wanted = [0, Math.min(wanted[1] - wanted[0], PAGE - 1)];
      restart();
    });
  });

  $effect(() => {
    const off = onChange((topics) => {
      if (current?.topics?.some((topic) => topics.has(topic))) restart();
    });
    return () => {
      off();
      turn += 1;
    };
  });

  return {
    get length() {
      return stale ? reached : (total ?? reached);
    },
    get total() {
      return total;
    },
    get problem() {
      return problem;
    },
    get busy() {
      return busy;
    },
    get stale() {
      return stale;
    },
    at: (index) => pages.get(Math.floor(index / PAGE))?.[index % PAGE],
    find(is) {
      for (const [page, rows] of pages) {
        const at = rows.findIndex(is);
        if (at >= 0) return page * PAGE + at;
      }
      return -1;
    },
    need(first, last) {
      wanted = [Math.max(0, first), Math.max(0, last)];
      untrack(work);
    },
    reload() {
      problem = undefined;
      restart();
    },
  };
}

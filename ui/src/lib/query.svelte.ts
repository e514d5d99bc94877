/**
 * Reading from the host: load by key, keep the last answer while the next one comes, load again when
 * a topic it depends on changes. Call `query` and `paged` while a component initialises.
 */
import { untrack } from 'svelte';
import type { Problem } from '$lib/bindings/Problem';
import { onChange, type Topic } from '$lib/changes';
import { asProblem } from '$lib/problem';

export interface Question<T> {
  /** Two questions with the same key have the same answer. */
  key: readonly unknown[];
  load: () => Promise<T>;
  topics?: readonly Topic[];
}

export interface Query<T> {
  readonly data: T | undefined;
  readonly problem: Problem | undefined;
  /** True once an answer has been awaited for 100 ms. */
  readonly busy: boolean;
  /** True once it has been awaited for 500 ms. */
  readonly slow: boolean;
  reload(): void;
}

const BUSY_AFTER_MS = 100;
const SLOW_AFTER_MS = 500;
const KEPT = 60;

/** Last answers, so that going back shows at once what stood there. */
const kept = new Map<string, { data: unknown; topics: readonly Topic[] }>();

onChange((topics) => {
  for (const [key, entry] of kept) {
    if (entry.topics.some((topic) => topics.has(topic))) kept.delete(key);
  }
});

export function forgetAnswers(): void {
  kept.clear();
}

function keep(key: string, data: unknown, topics: readonly Topic[]) {
  kept.delete(key);
  kept.set(key, { data, topics });
  const oldest = kept.keys().next().value;
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}

/** A question as a function of state; null asks nothing. */
export function query<T>(question: () => Question<T> | null): Query<T> {
  let data = $state.raw<T>();
  let problem = $state.raw<Problem>();
  let waiting = $state<'no' | 'short' | 'busy' | 'slow'>('no');
  let turn = 0;
  let inFlight = false;
  let again = false;
  let current: Question<T> | null = null;
  let currentKey = '';

  async function load() {
    const asked = current;
    if (!asked) return;
    if (inFlight) {
      again = true;
      return;
    }
    const mine = ++turn;
    const key = currentKey;
    inFlight = true;
    waiting = 'short';
    const timers = [
      setTimeout(() => mine === turn && (waiting = 'busy'), BUSY_AFTER_MS),
      setTimeout(() => mine === turn && (waiting = 'slow'), SLOW_AFTER_MS),
    ];
    try {
      const answer = await asked.load();
      if (mine === turn) {
        data = answer;
        problem = undefined;
        keep(key, answer, asked.topics ?? []);
      }
    } catch (thrown) {
      if (mine === turn) problem = asProblem(thrown);
    }
    timers.forEach(clearTimeout);
    if (mine !== turn) return;
    waiting = 'no';
    inFlight = false;
    if (again) {
      again = false;
      void load();
    }
  }

  $effect.pre(() => {
    const next = question();
    untrack(() => {
      const key = next ? JSON.stringify(next.key) : '';
      current = next;
      if (key === currentKey) return;
      currentKey = key;
      // An answer still on its way belongs to the old key: let it fall.
      turn += 1;
      inFlight = false;
      again = false;
      problem = undefined;
      waiting = 'no';
      const known = kept.get(key);
      data = known ? (known.data as T) : undefined;
      if (next) void load();
    });
  });

  $effect(() => {
    const off = onChange((topics) => {
      if (current?.topics?.some((topic) => topics.has(topic))) void load();
    });
    return () => {
      off();
      turn += 1;
    };
  });

  return {
    get data() {
      return data;
    },
    get problem() {
      return problem;
    },
    get busy() {
      return waiting === 'busy' || waiting === 'slow';
    },
    get slow() {
      return waiting === 'slow';
    },
    reload: () => void load(),
  };
}

export interface PagedQuestion<T> {
  key: readonly unknown[];
  load: (offset: number, limit: number) => Promise<{ total: number; rows: T[] }>;
  topics?: readonly Topic[];
}

export interface Paged<T> {
  readonly total: number | undefined;
  readonly problem: Problem | undefined;
  readonly busy: boolean;
  /** The row, or undefined while its page is on the way. */
  at(index: number): T | undefined;
  /** Index of the first loaded row for which this holds, or -1. */
  find(is: (row: T) => boolean): number;
  /** Says which rows are on screen; loads the pages they need. */
  need(first: number, last: number): void;
}

const PAGE = 100;
/** Pages far from what is on screen fall; they load again when needed. */
const PAGES_KEPT = 40;

/** A long list that is read page by page as it is scrolled. */
export function paged<T>(question: () => PagedQuestion<T> | null): Paged<T> {
  let pages = $state.raw(new Map<number, T[]>());
  let total = $state<number>();
  let problem = $state.raw<Problem>();
  let busy = $state(false);
  let current: PagedQuestion<T> | null = null;
  let currentKey = '';
  let turn = 0;
  let wanted: [number, number] = [0, 0];
  const loading = new Set<number>();

  async function loadPage(page: number) {
    if (!current || loading.has(page)) return;
    const mine = turn;
    loading.add(page);
    const timer = setTimeout(() => mine === turn && (busy = true), BUSY_AFTER_MS);
    try {
      const answer = await current.load(page * PAGE, PAGE);
      if (mine === turn) {
        pages = nearest(new Map(pages).set(page, answer.rows), wanted[0] / PAGE);
        total = answer.total;
        problem = undefined;
      }
    } catch (thrown) {
      if (mine === turn) problem = asProblem(thrown);
    }
    clearTimeout(timer);
    if (mine !== turn) return;
    loading.delete(page);
    if (loading.size === 0) busy = false;
  }

  function wantedPages(): number[] {
    const first = Math.floor(wanted[0] / PAGE);
    const last = Math.floor(wanted[1] / PAGE);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }

  function restart() {
    turn += 1;
    loading.clear();
    busy = false;
    for (const page of wantedPages()) void loadPage(page);
  }

  $effect.pre(() => {
    const next = question();
    untrack(() => {
      const key = next ? JSON.stringify(next.key) : '';
      current = next;
      if (key === currentKey) return;
      currentKey = key;
      pages = new Map();
      total = undefined;
      problem = undefined;
      wanted = [0, 0];
      restart();
    });
  });

  $effect(() => {
    const off = onChange((topics) => {
      if (!current?.topics?.some((topic) => topics.has(topic))) return;
      // Rows stay on screen until the fresh ones replace them; pages out of sight load when needed.
      const visible = new Set(wantedPages());
      pages = new Map([...pages].filter(([page]) => visible.has(page)));
      restart();
    });
    return () => {
      off();
      turn += 1;
    };
  });

  return {
    get total() {
      return total;
    },
    get problem() {
      return problem;
    },
    get busy() {
      return busy;
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
      untrack(() => {
        for (const page of wantedPages()) if (!pages.has(page)) void loadPage(page);
      });
    },
  };
}

function nearest<T>(pages: Map<number, T[]>, here: number): Map<number, T[]> {
  if (pages.size <= PAGES_KEPT) return pages;
  const byDistance = [...pages.keys()].sort((a, b) => Math.abs(a - here) - Math.abs(b - here));
  for (const far of byDistance.slice(PAGES_KEPT)) pages.delete(far);
  return pages;
}

/** What the compare screen reads and does: sides, rows, the selected case, decisions. Call while it initialises. */
import type { CompareRow } from '$lib/bindings/CompareRow';
import type { ReviewDecision } from '$lib/bindings/ReviewDecision';
import type { ReviewSubject } from '$lib/bindings/ReviewSubject';
import type { ReviewWord } from '$lib/bindings/ReviewWord';
import type { Side } from '$lib/bindings/Side';
import { announce } from '$lib/changes';
import { host } from '$lib/host';
import { keepLast } from '$lib/keepLast.svelte';
import { say } from '$lib/notices.svelte';
import { paged, query } from '$lib/query.svelte';
import { router } from '$lib/router.svelte';
import { addressOf, defaultSides, filterParams, sidesParams, subjectText } from './address';
import { me } from './me.svelte';
import { nextChanged } from './nextChanged';
import { decidedOf } from './reviews';

const RUNS = ['cell', 'run', 'dataset'] as const;
const RUNS_AND_REVIEWS = [...RUNS, 'review'] as const;
export type Comparing = ReturnType<typeof comparing>;

export function comparing() {
  const address = $derived(addressOf(router.route));
  const runs = query(() => ({ key: ['runList'], load: () => host.runList(), topics: ['run'] }));
  const sides = $derived(defaultSides(runs.data ?? [], address.baseline, address.others));
  const column = $derived(Math.min(address.column, (sides?.length ?? 2) - 1));
  const two = $derived.by((): [Side, Side] | null => {
    const [first, other] = [sides?.[0], sides?.[column]];
    return first && other ? [first, other] : null;
  });
  const filter = $derived(address.filter);
  const selected = $derived(address.row);

  const compared = query(() => {
    const wanted = sides;
    return (
      wanted && {
        key: ['compareOpen', wanted],
        load: () => host.compareOpen(wanted),
        topics: RUNS,
      }
    );
  });
  const rows = paged<CompareRow>(() => {
    const [wanted, only] = [sides, filter];
    return (
      wanted && {
        key: ['compareRows', wanted, only],
        load: (offset, limit) => host.compareRows(wanted, only, offset, limit),
        topics: RUNS_AND_REVIEWS,
      }
    );
  });
  const near = $derived(selected === null ? -1 : rows.find((row) => row.case_key === selected));
  const place = query(() => {
    const [wanted, only, key] = [sides, filter, selected];
    return wanted === null || key === null || near >= 0
      ? null
      : {
          key: ['comparePlace', wanted, only, key],
          load: () => host.comparePlace(wanted, only, key),
          topics: RUNS_AND_REVIEWS,
        };
  });
  /** Where the selected case stands among the filtered; null when it is not there, or not known yet. */
  const index = $derived(near >= 0 ? near : (place.data ?? null));
  const pair = query(() => {
    const [wanted, key, repeats] = [sides, selected, address.repeats];
    return wanted === null || key === null
      ? null
      : {
          key: ['comparePair', wanted, column, key, repeats],
          load: () => host.comparePair(wanted, column, key, repeats),
          topics: RUNS_AND_REVIEWS,
        };
  });
  /** The pair before stays on screen for the moment that the next one takes. */
  const lastPair = keepLast(
    () => pair.data,
    () => JSON.stringify([sides, column]),
  );
  const summary = query(() => {
    const wanted = two;
    return (
      wanted && {
        key: ['reviewSummary', wanted],
        load: () => host.reviewSummary(wanted),
        topics: RUNS_AND_REVIEWS,
      }
    );
  });
  const about = $derived.by((): Extract<ReviewSubject, { on: 'pair' }> | null =>
    two === null || selected === null
      ? null
      : { on: 'pair', a: subjectText(two[0]), b: subjectText(two[1]), case_key: selected },
  );
  const decided = $derived(
    about && pair.data
      ? decidedOf(
          pair.data.reviews,
          about,
          summary.data?.groups ?? [],
          pair.data.row.cells[column]?.kinds ?? [],
        )
      : null,
  );

  let turn = 0;

  function select(key: string | null, open = address.pairOpen) {
    turn += 1;
    router.set(
      { row: key, show: key === null || open ? null : 'grid', rep: null },
      { replace: selected !== null && key !== null && open === address.pairOpen },
    );
  }

  async function goTo(next: number) {
    const known = rows.at(next);
    if (known) {
      select(known.case_key);
      return;
    }
    const mine = ++turn;
    const found = await read(next, 1);
    if (mine === turn && found[0]) select(found[0].case_key);
  }

  async function read(offset: number, limit: number): Promise<CompareRow[]> {
    if (sides === null) return [];
    try {
      return (await host.compareRows(sides, filter, offset, limit)).rows;
    } catch (thrown) {
      say.problem(thrown);
      return [];
    }
  }

  function step(by: 1 | -1) {
    const total = rows.total ?? 0;
    const next = index === null ? (by > 0 ? 0 : total - 1) : index + by;
    if (next >= 0 && next < total) void goTo(next);
  }

  /** To the next case that is not the same; where only those are shown, to the next. */
  async function stepChange(by: 1 | -1) {
    if (!filter.include_same || filter.verdict !== null) {
      step(by);
      return;
    }
    const mine = ++turn;
    const total = rows.total ?? 0;
    const from = index === null ? (by > 0 ? 0 : total - 1) : index + by;
    const next = await nextChanged(read, from, by, total);
    if (mine === turn && next) select(next.case_key);
  }

  async function add(subject: ReviewSubject, word: ReviewWord): Promise<void> {
    me.name = (await host.reviewAdd(subject, word)).reviewer;
    announce(['review']);
  }

  async function tell(action: Promise<void>) {
    try {
      await action;
    } catch (thrown) {
      say.problem(thrown);
    }
  }

  return {
    get address() {
      return address;
    },
    runs,
    get sides() {
      return sides;
    },
    get column() {
      return column;
    },
    get two() {
      return two;
    },
    compared,
    /** How the chosen side stands against the baseline. */
    get chosen() {
      return compared.data?.pairs[column - 1];
    },
    rows,
    get index() {
      return index;
    },
    pair,
    /** The pair on show; for a moment, or while a problem stands there, the one before. */
    get shownPair() {
      return pair.busy || pair.problem ? pair.data : lastPair.value;
    },
    summary,
    get about() {
      return about;
    },
    get decided() {
      return decided;
    },
    select,
    goTo,
    step,
    stepChange: (by: 1 | -1) => void stepChange(by),
    add,
    decide(decision: ReviewDecision) {
      if (about && pair.data) void tell(add(about, { said: 'decision', decision, cases: 1 }));
    },
    decideGroup(kind: string, decision: ReviewDecision, cases: number) {
      if (two === null) return;
      const group = { on: 'group' as const, a: subjectText(two[0]), b: subjectText(two[1]), kind };
      void tell(add(group, { said: 'decision', decision, cases }));
    },
    setFilter(next: Parameters<typeof filterParams>[0], replace = false) {
      router.set(filterParams(next), { replace });
    },
    clearFilter() {
      router.set({
        ...filterParams({
          column: null,
          verdict: null,
          kind: null,
          label: null,
          text: '',
          flaky: false,
          undecided: false,
        }),
      });
    },
    setSides(next: Side[], chosen = 1) {
      router.set({
        ...sidesParams(next),
        with: chosen > 1 && chosen < next.length ? chosen : null,
        col: null,
        hide: null,
        rep: null,
      });
    },
    choose(next: number) {
      router.set({ with: next > 1 ? next : null, rep: null }, { replace: true });
    },
  };
}

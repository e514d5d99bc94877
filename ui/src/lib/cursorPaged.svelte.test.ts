import { announce } from '$lib/changes';
import { flushSync } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import { cursorPaged, wayTo, type CursorPaged, type CursorQuestion } from './cursorPaged.svelte';

type Answer = { rows: number[]; next: string | null };

/** A list of `size` numbers; every page is answered by hand. */
function listOf(size: number) {
  const asked: { after: string | null; skip: number; answer: () => void }[] = [];
  let counted: ((total: number) => void) | undefined;
  const question: CursorQuestion<number> = {
    key: [size],
    topics: ['span'],
    count: () => new Promise((resolve) => (counted = resolve)),
    load: (after, skip, limit) =>
      new Promise<Answer>((resolve) => {
        const from = Number(after ?? 0) + skip;
        const rows = Array.from({ length: Math.min(limit, size - from) }, (_, i) => from + i);
        const next = from + limit < size ? String(from + limit) : null;
        asked.push({ after, skip, answer: () => resolve({ rows, next }) });
      }),
  };
  return { asked, question, count: (total: number) => counted?.(total) };
}

function inside<T>(make: () => T): { value: T; end: () => void } {
  let value: T | undefined;
  const end = $effect.root(() => {
    value = make();
  });
  flushSync();
  return { value: value as T, end };
}

const settle = async () => {
  await vi.waitFor(() => undefined);
  await new Promise((done) => setTimeout(done));
  flushSync();
};

describe('cursorPaged', () => {
  it('shows the first page before it is counted, and goes on from its end', async () => {
    const list = listOf(1_000_000);
    const { value: paged, end } = inside<CursorPaged<number>>(() =>
      cursorPaged(() => list.question),
    );
    expect(paged.length).toBeUndefined();
    list.asked[0]?.answer();
    await settle();
    expect([paged.at(99), paged.total, paged.length]).toEqual([99, undefined, 200]);
    list.count(1_000_000);
    await settle();
    expect([paged.total, paged.length]).toEqual([1_000_000, 1_000_000]);
    paged.need(100, 140);
    expect(list.asked[1]).toMatchObject({ after: '100', skip: 0 });
    list.asked[1]?.answer();
    await settle();
    paged.need(500_000, 500_040);
    expect(list.asked[2]).toMatchObject({ after: '200', skip: 499_800 });
    list.asked[2]?.answer();
    await settle();
    expect(paged.at(500_000)).toBe(500_000);
    expect(paged.find((row) => row === 500_020)).toBe(500_020);
    end();
  });

  it('asks for few pages at once however far the scrollbar is dragged, and for the last', async () => {
    const list = listOf(100_000);
    const { value: paged, end } = inside(() => cursorPaged(() => list.question));
    list.asked[0]?.answer();
    await settle();
    for (let at = 1_000; at < 90_000; at += 1_000) paged.need(at, at + 30);
    expect(list.asked).toHaveLength(3);
    list.asked[1]?.answer();
    await settle();
    expect(list.asked[3]?.skip).toBeGreaterThan(80_000);
    end();
  });

  it('drops an answer that comes after the question changed', async () => {
    const [old, fresh] = [listOf(300), listOf(50)];
    let current = $state.raw(old.question);
    const { value: paged, end } = inside(() => cursorPaged(() => current));
    current = fresh.question;
    flushSync();
    fresh.asked[0]?.answer();
    await settle();
    old.asked[0]?.answer();
    await settle();
    expect([paged.total, paged.at(60)]).toEqual([50, undefined]);
    end();
  });

  it('keeps the old rows, marked, until the new ones are there', async () => {
    const [old, fresh] = [listOf(300), listOf(50)];
    let current = $state.raw(old.question);
    const { value: paged, end } = inside(() => cursorPaged(() => current));
    old.asked[0]?.answer();
    await settle();
    current = fresh.question;
    flushSync();
    expect([paged.stale, paged.at(99)]).toEqual([true, 99]);
    fresh.asked[0]?.answer();
    await settle();
    expect([paged.stale, paged.at(49), paged.at(99)]).toEqual([false, 49, undefined]);
    end();
  });

  it('reads again what is on screen when spans arrive', async () => {
    const list = listOf(300);
    const { value: paged, end } = inside(() => cursorPaged(() => list.question));
    list.asked[0]?.answer();
    await settle();
    announce(['span']);
    await settle();
    expect(list.asked).toHaveLength(2);
    expect(paged.at(5)).toBe(5);
    end();
  });
});

describe('the way to a page', () => {
  it('starts at the nearest end before it', () => {
    const ends = new Map([
      [0, 'a'],
      [6, 'b'],
    ]);
    expect(wayTo(0, ends)).toEqual({ after: null, skip: 0 });
    expect(wayTo(1, ends)).toEqual({ after: 'a', skip: 0 });
    expect(wayTo(5, ends)).toEqual({ after: 'a', skip: 400 });
    expect(wayTo(9, ends)).toEqual({ after: 'b', skip: 200 });
  });
});

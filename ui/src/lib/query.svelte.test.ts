import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { announce } from './changes';
import { paged, query, type Paged, type Query } from './query.svelte';

/** Runs what needs a component around it. */
function inComponent<T>(make: () => T): { value: T; stop: () => void } {
  let value: T | undefined;
  const stop = $effect.root(() => {
    value = make();
  });
  flushSync();
  return { value: value as T, stop };
}

describe('query', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('says that it works after 100 ms and that it is slow after 500 ms', async () => {
    let answer: (text: string) => void = () => undefined;
    const load = () => new Promise<string>((resolve) => (answer = resolve));
    const { value: q, stop } = inComponent<Query<string>>(() =>
      query(() => ({ key: ['slow'], load })),
    );
    expect(q.busy).toBe(false);
    await vi.advanceTimersByTimeAsync(101);
    expect([q.busy, q.slow]).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(400);
    expect(q.slow).toBe(true);
    answer('done');
    await vi.advanceTimersByTimeAsync(0);
    expect([q.data, q.busy, q.slow]).toEqual(['done', false, false]);
    stop();
  });

  it('loads again when one of its topics changes, and keeps the old answer meanwhile', async () => {
    const load = vi.fn().mockResolvedValueOnce('one').mockResolvedValueOnce('two');
    const { value: q, stop } = inComponent<Query<string>>(() =>
      query(() => ({ key: ['topic'], load: load as () => Promise<string>, topics: ['run'] })),
    );
    await vi.advanceTimersByTimeAsync(0);
    announce(['prompt']);
    await vi.advanceTimersByTimeAsync(0);
    expect(load).toHaveBeenCalledTimes(1);
    announce(['run']);
    expect(q.data).toBe('one');
    await vi.advanceTimersByTimeAsync(0);
    expect(q.data).toBe('two');
    stop();
    announce(['run']);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('drops an answer that comes after the question changed', async () => {
    const answers: Record<string, (text: string) => void> = {};
    let name = $state('a');
    const { value: q, stop } = inComponent<Query<string>>(() =>
      query(() => {
        const asked = name;
        return {
          key: ['late', asked],
          load: () => new Promise<string>((resolve) => (answers[asked] = resolve)),
        };
      }),
    );
    name = 'b';
    flushSync();
    answers.b?.('answer b');
    await vi.advanceTimersByTimeAsync(0);
    answers.a?.('answer a');
    await vi.advanceTimersByTimeAsync(0);
    expect(q.data).toBe('answer b');
    stop();
  });

  it('shows a rejection as a problem', async () => {
    const rejected = () => Promise.reject(new Error('no'));
    const { value: q, stop } = inComponent<Query<string>>(() =>
      query(() => ({ key: ['bad'], load: rejected })),
    );
    await vi.advanceTimersByTimeAsync(0);
    expect(q.problem).toEqual({ code: 'internal', message: 'no', hint: null });
    stop();
  });
});

describe('paged', () => {
  it('loads the pages that are in sight, once each', async () => {
    const load = vi.fn((offset: number, limit: number) =>
      Promise.resolve({ total: 350, rows: Array.from({ length: limit }, (_, i) => offset + i) }),
    );
    const { value: rows, stop } = inComponent<Paged<number>>(() =>
      paged(() => ({ key: ['pages'], load })),
    );
    await expect.poll(() => rows.total).toBe(350);
    rows.need(90, 120);
    rows.need(95, 125);
    await expect.poll(() => rows.at(120)).toBe(120);
    expect(rows.at(0)).toBe(0);
    expect(rows.at(300)).toBeUndefined();
    expect(load.mock.calls).toEqual([
      [0, 100],
      [100, 100],
    ]);
    stop();
  });
});

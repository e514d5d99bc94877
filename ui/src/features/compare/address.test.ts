import type { RunRow } from '$lib/bindings/RunRow';
import { href, parseHash } from '$lib/router.svelte';
import { describe, expect, it } from 'vitest';
import { addressOf, defaultSides, parseSide, rowParams, sideText } from './address';

function run(id: string, columns: number, status: RunRow['status'] = 'finished'): RunRow {
  return {
    id,
    status,
    plan: {
      prompts: Array.from({ length: columns }, (_, i) => `p@${i}`),
      targets: [{ provider: 'x', model: 'm' }],
      dataset: 'd',
      repeats: 1,
      concurrency: 1,
      base_url: null,
      cap_usd: null,
      use_cache: true,
      retries: true,
    },
  } as RunRow;
}

describe('sides', () => {
  it('go through text and back', () => {
    const id = '01997000-aaaa-7bbb-8ccc-0123456789ab';
    for (const column of [0, 7, null]) {
      const side = { run_id: id, column };
      expect(parseSide(sideText(side))).toEqual(side);
    }
    expect(parseSide(undefined)).toBeNull();
  });

  it('default to the first two columns of the latest run that has two', () => {
    expect(defaultSides([run('new', 1), run('mid', 2), run('old', 3)], null, null)).toEqual({
      a: { run_id: 'mid', column: 0 },
      b: { run_id: 'mid', column: 1 },
    });
    expect(defaultSides([run('one', 1)], null, null)).toBeNull();
    expect(defaultSides([], null, null)).toBeNull();
  });

  it('prefer a run that is over to one that still fills', () => {
    const sides = defaultSides([run('now', 2, 'running'), run('done', 2)], null, null);
    expect(sides?.a.run_id).toBe('done');
  });

  it('put the other column against the one that is given', () => {
    const given = { run_id: 'r', column: 1 };
    expect(defaultSides([run('r', 2)], null, given)).toEqual({
      a: { run_id: 'r', column: 0 },
      b: given,
    });
  });
});

describe('address of the compare screen', () => {
  it('links to one row whatever its key holds', () => {
    const link = href('compare', [], {
      a: 'r.0',
      b: 'r.1',
      ...rowParams({ case_key: 'a/b #1?&é', repeat: 2 }),
      view: 'json',
      verdict: 'fixed',
      kind: 'json_field:$.label',
    });
    const address = addressOf(parseHash(link));
    expect(address.row).toEqual({ caseKey: 'a/b #1?&é', repeat: 2 });
    expect(address.view).toBe('json');
    expect(address.filter).toMatchObject({ verdict: 'fixed', kind: 'json_field:$.label' });
  });

  it('takes nonsense as not set', () => {
    const address = addressOf(parseHash('#/compare?verdict=great&view=3d&row=x&repeat=-4'));
    expect(address.filter.verdict).toBeNull();
    expect(address.view).toBeNull();
    expect(address.row?.repeat).toBe(0);
  });
});

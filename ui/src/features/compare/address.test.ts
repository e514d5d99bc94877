import type { RunRow } from '$lib/bindings/RunRow';
import type { Side } from '$lib/bindings/Side';
import { href, parseHash } from '$lib/router.svelte';
import { describe, expect, it } from 'vitest';
import {
  addressOf,
  defaultSides,
  filterParams,
  isNarrowed,
  NO_FILTER,
  parseSide,
  sidesParams,
  sideText,
} from './address';
import { nextSide, withBaseline, without } from './sides';

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
    expect(defaultSides([run('new', 1), run('mid', 2), run('old', 3)], null, [])).toEqual([
      { run_id: 'mid', column: 0 },
      { run_id: 'mid', column: 1 },
    ]);
    expect(defaultSides([run('one', 1)], null, [])).toBeNull();
    expect(defaultSides([], null, [])).toBeNull();
  });

  it('prefer a run that is over to one that still fills', () => {
    const sides = defaultSides([run('now', 2, 'running'), run('done', 2)], null, []);
    expect(sides?.[0]?.run_id).toBe('done');
  });

  it('put the other column against the one that is given', () => {
    const given = { run_id: 'r', column: 1 };
    expect(defaultSides([run('r', 2)], null, [given])).toEqual([{ run_id: 'r', column: 0 }, given]);
  });

  it('are a baseline and up to five others', () => {
    const others = [1, 2, 3, 4, 5, 6, 7].map((column) => ({ run_id: 'r', column }));
    const address = addressOf(
      parseHash(href('compare', [], sidesParams([{ run_id: 'r', column: 0 }, ...others]))),
    );
    expect(address.baseline).toEqual({ run_id: 'r', column: 0 });
    expect(address.others).toEqual(others.slice(0, 5));
  });

  it('are rearranged without losing one', () => {
    const sides = [0, 1, 2].map((column) => ({ run_id: 'r', column }));
    const columns = (list: Side[]) => list.map((side) => side.column);
    expect(columns(withBaseline(sides, 2))).toEqual([2, 1, 0]);
    expect(columns(without(sides, 0))).toEqual([1, 2]);
    expect(columns(without(sides.slice(0, 2), 0))).toEqual([0, 1]);
    expect(nextSide(sides, [{ index: 1 }, { index: 3 }])).toEqual({ run_id: 'r', column: 3 });
    expect(nextSide([...sides, ...sides], [{ index: 3 }])).toBeNull();
  });
});

describe('address of the compare screen', () => {
  it('links to one case whatever its key holds', () => {
    const link = href('compare', [], {
      a: 'r.0',
      b: 'r.1',
      row: 'a/b #1?&é',
      view: 'json',
      verdict: 'fixed',
      kind: 'json_field:$.label',
    });
    const address = addressOf(parseHash(link));
    expect(address.row).toBe('a/b #1?&é');
    expect(address.pairOpen).toBe(true);
    expect(address.view).toBe('json');
    expect(address.filter).toMatchObject({ verdict: 'fixed', kind: 'json_field:$.label' });
  });

  it('holds the whole filter', () => {
    const filter = {
      column: 2,
      verdict: 'broken' as const,
      include_same: true,
      kind: 'wording',
      text: 'x & y',
      flaky: true,
      label: 'odd one',
      undecided: true,
    };
    const link = href('compare', [], { a: 'r.0', b: 'r.1,r.2', ...filterParams(filter) });
    expect(addressOf(parseHash(link)).filter).toEqual(filter);
    expect(isNarrowed(filter)).toBe(true);
    expect(isNarrowed({ ...NO_FILTER, include_same: true })).toBe(false);
  });

  it('takes nonsense as not set', () => {
    const address = addressOf(
      parseHash('#/compare?verdict=great&view=3d&row=x&rep=-4&col=9&with=77&hide=a,1'),
    );
    expect(address.filter).toEqual(NO_FILTER);
    expect(address.view).toBeNull();
    expect(address.repeats).toBeNull();
    expect(address.column).toBe(1);
    expect(address.hidden).toEqual([1]);
  });
});

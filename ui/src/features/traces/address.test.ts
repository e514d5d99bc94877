import { parseHash } from '$lib/router.svelte';
import { describe, expect, it } from 'vitest';
import { addressOf, filterWords, isFiltered, NO_FILTER, traceHref } from './address';

describe('address of the traces screen', () => {
  it('survives the way through a link whatever the values hold', () => {
    const filter = {
      ...NO_FILTER,
      text: 'a&b=c #? 100 %',
      kind: 'llm' as const,
      model: 'org/model:7b+x',
      status: 'error' as const,
      prompt_name: 'triage',
      environment: 'staging eu',
      from: '1790000000000000000',
      to: '1790000001000000000',
      only_errors: true,
    };
    const back = addressOf(parseHash(traceHref({ filter, sort: 'slowest' }, 'ab/cd', 's1')));
    expect(back).toEqual({
      traceId: 'ab/cd',
      spanId: 's1',
      importId: null,
      tab: 'files',
      filter,
      sort: 'slowest',
    });
  });

  it('leaves out what is not set', () => {
    expect(traceHref({ filter: NO_FILTER, sort: 'newest' }, null)).toBe('#/traces');
  });

  it('takes nonsense as not set', () => {
    const { filter, sort } = addressOf(
      parseHash('#/traces?kind=cake&status=1&from=-5&to=12x&sort=best&errors=yes'),
    );
    expect(filter).toEqual(NO_FILTER);
    expect(sort).toBe('newest');
  });

  it('says in words what is filtered by', () => {
    expect(isFiltered(NO_FILTER)).toBe(false);
    const filter = { ...NO_FILTER, kind: 'tool' as const, environment: 'prod' };
    expect(isFiltered(filter)).toBe(true);
    expect(filterWords(filter).map((word) => word.text)).toEqual([
      'kind: tool',
      'environment: prod',
    ]);
  });
});

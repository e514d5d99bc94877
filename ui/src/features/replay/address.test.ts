import { href, parseHash } from '$lib/router.svelte';
import { describe, expect, it } from 'vitest';
import { addressOf, filterParams } from './address';

describe('address of the replay screen', () => {
  it('carries the grid filter through a link', () => {
    const filter = { status: 'failed' as const, only_failing: true, text: '50 % & "more"' };
    const back = addressOf(
      parseHash(href('replay', ['r1'], { ...filterParams(filter), cell: 'c' })),
    );
    expect(back).toEqual({ runId: 'r1', cellId: 'c', filter, prompts: [], dataset: null });
  });

  it('starts a new run with what another screen chose', () => {
    const address = addressOf(parseHash('#/replay?prompt=a%401.0.0%2Cb%40working&dataset=tickets'));
    expect(address.prompts).toEqual(['a@1.0.0', 'b@working']);
    expect(address.dataset).toBe('tickets');
    expect(address.runId).toBeNull();
  });

  it('takes an unknown status as none', () => {
    expect(addressOf(parseHash('#/replay/r?status=great')).filter.status).toBeNull();
  });
});

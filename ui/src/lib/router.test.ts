import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { href, parseHash, router } from './router.svelte';

describe('addresses', () => {
  it('round trip with odd characters in names and values', () => {
    const link = href('prompts', ['a/b ?#'], {
      v: '1.0.0+x',
      text: 'a&b=c',
      empty: '',
      none: null,
    });
    expect(parseHash(link)).toEqual({
      screen: 'prompts',
      rest: ['a/b ?#'],
      params: { v: '1.0.0+x', text: 'a&b=c' },
    });
  });

  it('reads a broken escape as it stands instead of failing', () => {
    expect(parseHash('#/traces/%E0%A4%A').rest).toEqual(['%E0%A4%A']);
    expect(parseHash('').screen).toBe('');
  });
});

describe('router', () => {
  let stop: () => void;
  beforeEach(() => {
    stop = router.start();
  });
  afterEach(() => stop());

  it('follows back and forward', async () => {
    router.go('#/prompts/a');
    router.go('#/prompts/b');
    history.back();
    await expect.poll(() => router.route.rest).toEqual(['a']);
    history.forward();
    await expect.poll(() => router.route.rest).toEqual(['b']);
  });

  it('changes single params and drops those set to null', () => {
    router.go('#/traces/t1?span=s1&sort=slowest');
    router.set({ span: null, q: 'x' });
    expect(location.hash).toBe('#/traces/t1?sort=slowest&q=x');
  });

  it('goes up one level at a time: detail, thing, then says it is at the top', () => {
    router.go('#/traces/t1?span=s1');
    expect(router.up()).toBe(true);
    expect(location.hash).toBe('#/traces/t1');
    expect(router.up()).toBe(true);
    expect(location.hash).toBe('#/traces');
    expect(router.up()).toBe(false);
  });
});

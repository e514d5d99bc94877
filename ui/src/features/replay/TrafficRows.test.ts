import type { ModelTraffic } from '$lib/bindings/ModelTraffic';
import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import TrafficRows from './TrafficRows.svelte';

const quiet: ModelTraffic = {
  target: { provider: 'openai', model: 'gpt-4.1-mini' },
  breaker: 'closed',
  on_their_way: 8,
  at_once: 8,
  waiting: 0,
  quiet_ms: 0,
  calls_saved: 0,
};

const textOf = (traffic: ModelTraffic) => {
  render(TrafficRows, { traffic: [traffic], planned: 8 });
  return screen.getByRole('listitem').textContent?.replace(/\s+/g, ' ').trim();
};

describe('calls on their way', () => {
  it('says no more than that all is well when it is', () => {
    expect(textOf(quiet)).toBe('openai:gpt-4.1-mini breaker closed 8 on the way');
  });

  it('says what a breaker holds back and what it saved', () => {
    const text = textOf({
      ...quiet,
      breaker: 'half_open',
      on_their_way: 1,
      at_once: 2,
      waiting: 7,
      quiet_ms: 1500,
      calls_saved: 12,
    });
    expect(text).toContain('half-open');
    expect(text).toContain('1 on the way · 2 of 8 at once · 7 calls waiting');
    expect(text).toContain('12 calls saved');
  });
});

import type { RunColumn } from '$lib/bindings/RunColumn';
import type { RunPlan } from '$lib/bindings/RunPlan';
import type { RunTotals } from '$lib/bindings/RunTotals';
import { describe, expect, it } from 'vitest';
import { canResume, columnLabels, passedText, promptsText, promptText } from './runText';

const totals: RunTotals = {
  cells: 10,
  pending: 0,
  live: 8,
  cached: 0,
  recorded: 0,
  diverged: 0,
  failed: 0,
  unknown: 0,
  truncated: 0,
  not_sent: 2,
  passed: 6,
  graded: 8,
  requests_sent: 8,
  tokens_in: null,
  tokens_out: null,
  cost_usd: null,
  unpriced_cells: 8,
  paid_usd: '0',
  possible_usd: '0',
  saved_usd: null,
};

function column(prompt: string, provider: string, model: string): RunColumn {
  const [prompt_name = '', prompt_version = ''] = prompt.split('@');
  return {
    index: 0,
    prompt_name,
    prompt_version,
    target: { provider, model },
    template_hash: '',
    totals,
    p50_ms: null,
    p95_ms: null,
    time_to_first_token_p50_ms: null,
  };
}

describe('names of columns', () => {
  it('leave out what all columns share', () => {
    expect(columnLabels([column('a@1', 'x', 'm'), column('a@2', 'x', 'm')])).toEqual(['1', '2']);
    expect(columnLabels([column('a@1', 'x', 'm'), column('a@1', 'x', 'n')])).toEqual([
      '1 · m',
      '1 · n',
    ]);
    expect(columnLabels([column('a@1', 'x', 'm'), column('b@1', 'y', 'm')])).toEqual([
      'a 1 · x:m',
      'b 1 · y:m',
    ]);
  });
});

describe('runs in words', () => {
  it('groups versions by prompt', () => {
    const plan = {
      prompts: ['a@1.0.0', 'a@working', 'b@2.0.0'],
      targets: [],
      dataset: '',
      repeats: 1,
      concurrency: 1,
      base_url: null,
      cap_usd: null,
      use_cache: true,
      retries: true,
    };
    expect(promptsText(plan)).toBe('a 1.0.0, working; b 2.0.0');
  });

  it('does not call an ungraded run a failure', () => {
    expect(passedText(totals)).toBe('6 of 8 passed');
    expect(passedText({ ...totals, graded: 0, passed: 0 })).toBe('not graded');
  });

  it('offers to resume only what has something left that can be sent', () => {
    expect(canResume('capped', totals)).toBe(true);
    expect(canResume('interrupted', { ...totals, not_sent: 0, unknown: 1 })).toBe(true);
    expect(canResume('cancelled', { ...totals, not_sent: 0 })).toBe(false);
    expect(canResume('finished', totals)).toBe(false);
    expect(canResume('finished', { ...totals, failed: 1 })).toBe(true);
    expect(canResume('finished', { ...totals, truncated: 1 })).toBe(true);
    expect(canResume('running', totals)).toBe(false);
  });
});

describe('what was sent in production', () => {
  it('has a name of its own in place of a prompt and a version', () => {
    expect(promptText({ prompt_name: '', prompt_version: 'recorded' })).toBe('as it was sent');
    expect(promptText({ prompt_name: 'triage', prompt_version: '1.0.0' })).toBe('triage 1.0.0');
    const plan = { prompts: ['@recorded', 'triage@1.0.0'] } as RunPlan;
    expect(promptsText(plan)).toBe('as it was sent; triage 1.0.0');
  });
});

import type { Estimate } from '$lib/bindings/Estimate';
import { describe, expect, it } from 'vitest';
import {
  capOf,
  costText,
  countErrorText,
  EMPTY_FORM,
  errorsOf,
  firstError,
  formOf,
  mayReachCap,
  missingOf,
  parseTarget,
  planOf,
} from './plan';

const openai = { provider: 'openai', model: 'gpt-4.1-mini' };
const form = { ...EMPTY_FORM, prompts: ['a@1.0.0'], targets: [openai], dataset: 'tickets' };

const estimate: Estimate = {
  cells: 10,
  live: 10,
  cached: 0,
  recorded: 0,
  opinions: 0,
  blocked: 0,
  blocked_reasons: [],
  trimmed: 0,
  escalated: 0,
  summarised: 0,
  summaries: 0,
  tokens_in: 1000,
  tokens_in_expected: 1010,
  tokens_out_expected: 250,
  tokens_out_max: 500,
  cost_low_usd: '0.011',
  cost_expected_usd: '0.0123',
  cost_high_usd: '0.021',
  cost_upper_usd: '0.045',
  columns: [
    {
      prompt_name: 'a',
      prompt_version: '1.0.0',
      target: openai,
      live: 10,
      output: {
        from: 'prompt',
        calls: 30,
        tokens_out_p10: 10,
        tokens_out_mean: 25,
        tokens_out_p90: 40,
      },
      count_error: { calls: 30, ratio: 1.01, error_p90: 0.034 },
    },
  ],
  unpriced: [],
  price_table: 'genai-prices',
  price_version: '2026-09-18',
  problems: [],
  warnings: [],
};

describe('form of a new run', () => {
  it('says what is missing and plans nothing until then', () => {
    expect(missingOf(EMPTY_FORM)).toEqual(['a prompt version', 'a model', 'a dataset']);
    expect(planOf(EMPTY_FORM)).toBeNull();
    expect(planOf(form)).toMatchObject({ repeats: 1, cap_usd: null, base_url: null });
  });

  it('keeps a plan through the form and back', () => {
    const plan = planOf({
      ...form,
      cap: '0.50',
      repeats: '3',
      useCache: false,
      tenant: 'acme',
      baseUrls: { openai: 'https://proxy.example/v1' },
      baseUrl: 'http://127.0.0.1:8080/v1',
      waits: { ...form.waits, first_token_ms: '2.5' },
    });
    expect(plan).toMatchObject({
      tenant: 'acme',
      base_urls: { openai: 'https://proxy.example/v1' },
      waits: { first_token_ms: 2500, idle_ms: null },
    });
    expect(plan).not.toBeNull();
    if (plan) expect(planOf(formOf(plan))).toEqual(plan);
  });

  it('keeps money as the digits that were typed', () => {
    expect(capOf(' $0.10 ')).toBe('0.10');
    for (const bad of ['', '0', '0.00', '-1', '1e3', 'ten', '1,000', '0.1234567']) {
      expect(capOf(bad)).toBeNull();
    }
  });

  it('takes a target apart at the first colon', () => {
    expect(parseTarget('ollama:llama3.2:3b')).toEqual({ provider: 'ollama', model: 'llama3.2:3b' });
    for (const bad of ['gpt-4', ':x', 'openai:', '']) expect(parseTarget(bad)).toBeNull();
  });

  it('asks for a base URL only where a provider has none of its own', () => {
    expect(errorsOf(form)).toEqual({});
    const local = { ...form, targets: [openai, { provider: 'local', model: 'm' }] };
    expect(Object.keys(errorsOf(local).baseUrls ?? {})).toEqual(['local']);
    expect(firstError(errorsOf(local))).toContain('base URL');
    expect(errorsOf({ ...local, baseUrl: 'http://127.0.0.1:8080/v1' })).toEqual({});
    const own = { ...local, baseUrls: { local: 'http://127.0.0.1:8080/v1', gone: 'x' } };
    expect(errorsOf(own)).toEqual({});
    expect(planOf(own)?.base_urls).toEqual({ local: 'http://127.0.0.1:8080/v1' });
    expect(errorsOf({ ...local, baseUrl: 'file:///etc/passwd' }).baseUrl).toContain('URL');
  });

  it('takes waits in seconds and refuses none', () => {
    for (const bad of ['0', '-1', 'soon', '1e3']) {
      const errors = errorsOf({ ...form, waits: { ...form.waits, idle_ms: bad } });
      expect(errors.waits?.idle_ms).toContain('seconds');
    }
  });

  it('refuses numbers out of bounds', () => {
    expect(errorsOf({ ...form, repeats: '0', concurrency: '1.5', cap: 'x' })).toMatchObject({
      repeats: expect.any(String),
      concurrency: expect.any(String),
      cap: expect.any(String),
    });
  });
});

describe('cost of an estimate', () => {
  it('gives a range with its price table', () => {
    expect(costText(estimate)).toEqual({
      value: '$0.0123',
      note: '$0.011 to $0.021 by the answers of 30 earlier calls, never above $0.045; genai-prices 2026-09-18',
      known: true,
    });
  });

  it('says what the range rests on when nothing was called before', () => {
    const columns = estimate.columns.map((column) => ({
      ...column,
      output: { ...column.output, from: 'limit' as const, calls: 0 },
      count_error: null,
    }));
    expect(costText({ ...estimate, columns }).note).toContain('by the limit alone');
    expect(countErrorText({ ...estimate, columns })).toBeUndefined();
    expect(countErrorText(estimate)).toBe('counted within 3 %');
  });

  it('is unknown, not zero, when a model has no price, and names the model', () => {
    const text = costText({ ...estimate, cost_expected_usd: null, unpriced: [openai] });
    expect(text.value).toBe('unknown');
    expect(text.note).toContain('openai:gpt-4.1-mini');
    expect(text.note).toContain('$0.045');
  });

  it('is nothing when nothing is sent', () => {
    expect(costText({ ...estimate, live: 0, cost_upper_usd: null }).value).toBe('$0.00');
  });

  it('warns of the cap only when the upper bound passes it or is unknown', () => {
    expect(mayReachCap(estimate, null)).toBe(false);
    expect(mayReachCap(estimate, '0.05')).toBe(false);
    expect(mayReachCap(estimate, '0.04')).toBe(true);
    expect(mayReachCap({ ...estimate, cost_upper_usd: null }, '0.05')).toBe(true);
    expect(mayReachCap({ ...estimate, live: 0 }, '0.0001')).toBe(false);
  });
});

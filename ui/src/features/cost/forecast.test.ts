import { describe, expect, it } from 'vitest';
import { costView } from '$lib/host/fixtures/cost';
import { errorsOfForecast, formFrom, inputOf } from './forecast';

const form = {
  model: 'openai:gpt-4.1-mini',
  requests: '120 000',
  tokensIn: '1,830',
  tokensOut: '212',
  contextFactor: 2,
  cacheHit: 60,
  retry: 3,
};

describe('the form of a forecast', () => {
  it('takes numbers as people write them', () => {
    expect(inputOf(form)).toEqual({
      model: 'openai:gpt-4.1-mini',
      requests_per_day: 120_000,
      tokens_in: 1_830,
      tokens_out: 212,
      context_factor: 2,
      cache_hit_percent: 60,
      retry_percent: 3,
    });
  });

  it('asks nothing while a field is wrong, and says which', () => {
    const wrong = { ...form, model: ' ', requests: '-1', tokensOut: '1e9' };
    expect(Object.keys(errorsOfForecast(wrong))).toEqual(['model', 'requests', 'tokensOut']);
    expect(inputOf(wrong)).toBeNull();
  });

  it('begins with the average call of the busiest model', () => {
    const view = costView('traces');
    const start = formFrom(view.by_model, view.by_day.length);
    const busiest = [...view.by_model].sort((a, b) => b.calls - a.calls)[0];
    expect(start.model).toBe(busiest?.model);
    expect(Number(start.requests)).toBe(Math.round((busiest?.calls ?? 0) / view.by_day.length));
    expect(inputOf(start)).not.toBeNull();
    expect(inputOf(formFrom([], 0))).toBeNull();
  });
});

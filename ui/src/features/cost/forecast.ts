/** The form of a forecast: what was typed and set, to what is asked, or to what is wrong with it. */
import type { ForecastInput } from '$lib/bindings/ForecastInput';
import type { StatGroup } from '$lib/bindings/StatGroup';

export interface ForecastForm {
  model: string;
  requests: string;
  tokensIn: string;
  tokensOut: string;
  contextFactor: number;
  cacheHit: number;
  retry: number;
}

export interface ForecastErrors {
  model?: string;
  requests?: string;
  tokensIn?: string;
  tokensOut?: string;
}

/** No request has more, and a mistyped digit shows. */
const MOST_TOKENS = 100_000_000;
const MOST_REQUESTS = 1_000_000_000_000;

function whole(text: string, most: number): number | null {
  const digits = text.replaceAll(/[\s,_]/g, '');
  if (!/^\d{1,15}$/.test(digits)) return null;
  const value = Number(digits);
  return value <= most ? value : null;
}

export function errorsOfForecast(form: ForecastForm): ForecastErrors {
  const errors: ForecastErrors = {};
  const number = 'Write a whole number';
  if (form.model.trim() === '') errors.model = 'Name a model, such as openai:gpt-4.1-mini';
  if (whole(form.requests, MOST_REQUESTS) === null) errors.requests = number;
  if (whole(form.tokensIn, MOST_TOKENS) === null) errors.tokensIn = number;
  if (whole(form.tokensOut, MOST_TOKENS) === null) errors.tokensOut = number;
  return errors;
}

/** Null while something is wrong. */
export function inputOf(form: ForecastForm): ForecastInput | null {
  if (Object.keys(errorsOfForecast(form)).length > 0) return null;
  return {
    model: form.model.trim(),
    requests_per_day: whole(form.requests, MOST_REQUESTS) ?? 0,
    tokens_in: whole(form.tokensIn, MOST_TOKENS) ?? 0,
    tokens_out: whole(form.tokensOut, MOST_TOKENS) ?? 0,
    context_factor: form.contextFactor,
    cache_hit_percent: form.cacheHit,
    retry_percent: form.retry,
  };
}

/** A form that begins with the model that was called the most and its average call; the days are those with calls. */
export function formFrom(models: StatGroup[], days: number): ForecastForm {
  const busiest = models.reduce<StatGroup | null>(
    (most, group) => (most === null || group.calls > most.calls ? group : most),
    null,
  );
  const mean = (total: number | null | undefined) =>
    busiest && busiest.calls > 0 ? String(Math.round((total ?? 0) / busiest.calls)) : '0';
  return {
    model: busiest?.model ?? '',
    requests: String(Math.round((busiest?.calls ?? 0) / Math.max(1, days))),
    tokensIn: mean(busiest?.tokens_in),
    tokensOut: mean(busiest?.tokens_out),
    contextFactor: 1,
    cacheHit:
      busiest?.tokens_in && busiest.tokens_in_cached
        ? Math.round((busiest.tokens_in_cached / busiest.tokens_in) * 20) * 5
        : 0,
    retry: 0,
  };
}

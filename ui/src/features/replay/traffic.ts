/** A circuit breaker in words and colour. */
import type { BreakerWord } from '$lib/bindings/BreakerWord';

export const BREAKER_TEXT: Record<BreakerWord, string> = {
  closed: 'breaker closed',
  open: 'breaker open',
  half_open: 'breaker half-open',
  given_up: 'given up',
};

export const BREAKER_TONE: Record<BreakerWord, 'good' | 'warn' | 'bad'> = {
  closed: 'good',
  open: 'bad',
  half_open: 'warn',
  given_up: 'bad',
};

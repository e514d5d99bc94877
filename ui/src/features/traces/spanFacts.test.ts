import type { Span } from '$lib/bindings/Span';
import { fixtureHost } from '$lib/host/fixture';
import { beforeAll, describe, expect, it } from 'vitest';
import { NO_FILTER } from './address';
import { errorOf, inline, releaseParts, tokenLines } from './spanFacts';

let span: Span;

beforeAll(async () => {
  const host = fixtureHost();
  const page = await host.traceList(NO_FILTER, 'newest', null, 0, 1);
  const traceId = page.rows[0]?.trace_id ?? '';
  const view = await host.traceOpen(traceId);
  const call = view.kind.findIndex((kind) => view.kinds[kind] === 'llm');
  span = (await host.spanOpen(traceId, view.span_id[call] ?? '', 1)).span;
});

describe('facts of a span', () => {
  it('shows cached and reasoning tokens as parts, and only where they are known', () => {
    const known = { ...span, tokens_in: 900, tokens_in_cached: 512, tokens_in_cache_write: null };
    expect(tokenLines({ ...known, tokens_out: 40, tokens_reasoning: null })).toEqual([
      { label: 'input', value: '900', part: false },
      { label: 'from prompt cache', value: '512', part: true },
      { label: 'output', value: '40', part: false },
    ]);
  });

  it('shows what only the total counts, where there is such a rest', () => {
    const labels = (rest: number | null) =>
      tokenLines({ ...span, tokens_unattributed: rest }).map(
        (line) => `${line.label} ${line.value}`,
      );
    expect(labels(1173)).toContain('in the total only 1,173');
    expect(labels(null).join()).not.toContain('total');
  });

  it('says unknown and never zero', () => {
    const lines = tokenLines({ ...span, tokens_in: null, tokens_out: null });
    expect(lines.filter((line) => !line.part).map((line) => line.value)).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  it('gathers what is known of a failure', () => {
    expect(
      errorOf({
        ...span,
        status: 'error',
        error_message: 'too many requests',
        error_type: 'rate_limit',
        http_status: 429,
        attempt: 2,
      }),
    ).toEqual({
      code: 'provider',
      message: 'too many requests',
      hint: 'rate_limit · HTTP 429 · attempt 2',
    });
    expect(errorOf({ ...span, status: 'ok', error_message: null, error_type: null })).toBeNull();
    const bare = { ...span, error_message: null, error_type: null, http_status: null };
    expect(errorOf({ ...bare, attempt: null, status: 'error' })?.hint).toBeNull();
  });

  it('cuts long values and takes releases apart', () => {
    expect(inline('x'.repeat(500))).toHaveLength(301);
    expect(inline({ a: 1 })).toBe('{"a":1}');
    expect(releaseParts('triage@1.0.0')).toEqual({ name: 'triage', version: '1.0.0' });
  });
});

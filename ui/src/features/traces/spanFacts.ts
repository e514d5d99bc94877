/** Facts of a span in words, for the inspector. What the source did not say is left out or named so. */
import type { Problem } from '$lib/bindings/Problem';
import type { Span } from '$lib/bindings/Span';
import { count, UNKNOWN } from '$lib/format';

/** The failure of a step as the one shape of every failure; null when it did not fail. */
export function errorOf(span: Span): Problem | null {
  if (span.status !== 'error' && !span.error_message && !span.error_type) return null;
  const message = span.error_message ?? span.error_type ?? 'the step failed; no reason is recorded';
  const about = [
    span.error_message && span.error_type,
    span.http_status !== null && `HTTP ${span.http_status}`,
    span.attempt !== null && `attempt ${span.attempt}`,
  ].filter(Boolean);
  return { code: 'provider', message, hint: about.length > 0 ? about.join(' · ') : null };
}

export interface TokenLine {
  label: string;
  value: string;
  /** A part of the line above it, not an addend. */
  part: boolean;
}

export function tokenLines(span: Span): TokenLine[] {
  const lines: TokenLine[] = [
    { label: 'input', value: count(span.tokens_in), part: false },
    ...part('from prompt cache', span.tokens_in_cached),
    ...part('to prompt cache', span.tokens_in_cache_write),
    { label: 'output', value: count(span.tokens_out), part: false },
    ...part('reasoning', span.tokens_reasoning),
  ];
  if (span.tokens_unattributed !== null) {
    const value = count(span.tokens_unattributed);
    lines.push({ label: 'in the total only', value, part: false });
  }
  return lines;
}

function part(label: string, value: number | null): TokenLine[] {
  return value === null ? [] : [{ label, value: count(value), part: true }];
}

/** A small value on one line. */
export function inline(value: unknown): string {
  if (value === null || value === undefined) return UNKNOWN;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** `name@version` apart; a name may hold no `@`, so the last one counts. */
export function releaseParts(release: string): { name: string; version: string } {
  const at = release.lastIndexOf('@');
  return at < 0
    ? { name: release, version: '' }
    : { name: release.slice(0, at), version: release.slice(at + 1) };
}

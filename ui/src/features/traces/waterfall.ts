/**
 * Scale of a waterfall: where a step's bar stands on the axis, and where the axis has its marks.
 * Knows milliseconds and shares of the width; knows no pixels.
 */
import type { TraceStep } from '$lib/bindings/TraceStep';
import type { SpanKind } from '$lib/bindings/SpanKind';
import type { TreeFlaw } from '$lib/bindings/TreeFlaw';

export interface BarPlace {
  /** Shares of the axis, 0 to 1. */
  left: number;
  width: number;
  /** Unfinished: the bar runs to the end of the axis and has no end of its own. */
  open: boolean;
  /** Share of the axis at which the first token came. */
  firstToken: number | null;
}

export function placeOf(step: TraceStep, endMs: number): BarPlace {
  const left = clamp(step.start_offset_ms / endMs);
  const open = step.duration_ms === null;
  // A clock that ran backwards gives a negative length: the bar is then only its start.
  const width = open ? 1 - left : clamp(Math.max(0, step.duration_ms ?? 0) / endMs);
  const first = step.time_to_first_token_ms;
  return {
    left,
    width: Math.min(width, 1 - left),
    open,
    firstToken: first === null ? null : clamp((step.start_offset_ms + first) / endMs),
  };
}

/** Marks at round figures, at most `most` of them after zero. */
export function axisMarks(endMs: number, most = 6): number[] {
  const raw = endMs / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= raw) ?? raw;
  const marks: number[] = [];
  for (let i = 0; i * step <= endMs * 1.0001 && i <= most; i += 1) marks.push(i * step);
  return marks;
}

/** All marks of an axis in one unit, named once at each: "0", "200 ms", "1.5 s", "2 min". */
export function markText(ms: number, endMs: number): string {
  if (ms === 0) return '0';
  const [size, unit] =
    endMs >= 600_000 ? [60_000, 'min'] : endMs >= 2_000 ? [1000, 's'] : [1, 'ms'];
  return `${Number((ms / size).toPrecision(6))} ${unit}`;
}

export const KIND_LETTERS: Record<SpanKind, string> = {
  llm: 'model',
  tool: 'tool',
  retrieval: 'retrieve',
  embedding: 'embed',
  rerank: 'rerank',
  chain: 'chain',
  agent: 'agent',
  guardrail: 'guard',
};

/** The colour of a kind; bars of the waterfall and of the critical path agree. */
export const KIND_TONES: Record<SpanKind, string> = {
  llm: 'var(--series-1)',
  tool: 'var(--series-2)',
  retrieval: 'var(--series-3)',
  embedding: 'var(--series-3)',
  rerank: 'var(--series-3)',
  chain: 'var(--series-8)',
  agent: 'var(--series-7)',
  guardrail: 'var(--series-6)',
};

export const FLAWS: Record<TreeFlaw, string> = {
  orphan: 'its parent is missing from the data',
  self_parent: 'it names itself as its parent',
  cycle: 'its parents form a circle',
  duplicate_id: 'another span has the same id',
};

/** Deep trees keep room for the name: indentation stops growing. */
export function indentOf(depth: number): number {
  return Math.min(depth, 12) * 14;
}

function clamp(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}

/** What tells a step from all others of its trace: contents that share an id are numbered. */
export function stepKey(step: Pick<TraceStep, 'span_id' | 'variant'>): string {
  return step.variant === 1 ? step.span_id : `${step.span_id}~${step.variant}`;
}

/** A key taken apart; a key of no step is taken as a plain id. */
export function stepOfKey(key: string): Pick<TraceStep, 'span_id' | 'variant'> {
  const match = /^(.*)~(\d+)$/.exec(key);
  return match
    ? { span_id: match[1] ?? key, variant: Number(match[2]) }
    : { span_id: key, variant: 1 };
}

/**
 * The steps of an opened trace over its columns: a step is put together when it is shown, so a trace
 * of 100,000 costs no 100,000 objects. Knows who stands below whom; knows no pixels.
 */
import type { SpanKind } from '$lib/bindings/SpanKind';
import type { TraceColumns } from '$lib/bindings/TraceColumns';
import type { TraceStep } from '$lib/bindings/TraceStep';
import type { TreeFlaw } from '$lib/bindings/TreeFlaw';
import { stepKey } from './waterfall';

export class TraceSteps {
  readonly count: number;
  /** Positions of failed steps, from the top down. */
  readonly failed: readonly number[];
  private readonly variants: Map<number, number>;
  private readonly flaws: Map<number, TreeFlaw>;
  private readonly errors: Map<number, number>;
  private keys: Map<string, number> | undefined;
  private below: Uint32Array | undefined;

  constructor(readonly columns: TraceColumns) {
    this.count = columns.span_id.length;
    this.variants = new Map(columns.variants);
    this.flaws = new Map(columns.flaws);
    this.errors = new Map(columns.errors);
    this.failed = columns.errors.map(([index]) => index);
  }

  at(index: number): TraceStep | undefined {
    const { columns } = this;
    const spanId = columns.span_id[index];
    if (spanId === undefined) return undefined;
    const model = columns.model[index] ?? null;
    const critical = columns.critical_self_ms[index] ?? null;
    const error = this.errors.get(index);
    return {
      span_id: spanId,
      variant: this.variants.get(index) ?? 1,
      name: this.nameOf(index),
      kind: this.kindOf(index),
      status: columns.statuses[columns.status[index] ?? 0] ?? 'unset',
      model: model === null ? null : (columns.words[model] ?? null),
      depth: columns.depth[index] ?? 0,
      children: columns.children[index] ?? 0,
      start_offset_ms: columns.start_offset_ms[index] ?? 0,
      duration_ms: columns.duration_ms[index] ?? null,
      time_to_first_token_ms: columns.time_to_first_token_ms[index] ?? null,
      critical: critical !== null,
      critical_self_ms: critical ?? 0,
      flaw: this.flaws.get(index) ?? null,
      tokens_in: columns.tokens_in[index] ?? null,
      tokens_out: columns.tokens_out[index] ?? null,
      cost_usd: columns.cost_usd[index] ?? null,
      error: error === undefined ? null : (columns.words[error] ?? null),
    };
  }

  nameOf(index: number): string {
    return this.columns.words[this.columns.name[index] ?? 0] ?? '';
  }

  kindOf(index: number): SpanKind {
    return this.columns.kinds[this.columns.kind[index] ?? 0] ?? 'chain';
  }

  keyAt(index: number): string {
    const variant = this.variants.get(index) ?? 1;
    return stepKey({ span_id: this.columns.span_id[index] ?? '', variant });
  }

  /** Position of the step with this key; -1 when the trace has none. */
  indexOf(key: string): number {
    if (!this.keys) {
      this.keys = new Map();
      for (let index = this.count - 1; index >= 0; index -= 1) {
        this.keys.set(this.keyAt(index), index);
      }
    }
    return this.keys.get(key) ?? -1;
  }

  /** Position just behind the last step below this one. */
  endOf(index: number): number {
    if (!this.below) {
      const { depth } = this.columns;
      this.below = new Uint32Array(this.count);
      const open: number[] = [];
      for (let at = 0; at <= this.count; at += 1) {
        const level = at < this.count ? (depth[at] ?? 0) : -1;
        while (open.length > 0 && (depth[open.at(-1) ?? 0] ?? 0) >= level) {
          this.below[open.pop() ?? 0] = at;
        }
        open.push(at);
      }
    }
    return this.below[index] ?? this.count;
  }

  parentOf(index: number): number | null {
    const { depth } = this.columns;
    const level = depth[index] ?? 0;
    for (let at = index - 1; at >= 0 && level > 0; at -= 1) {
      if ((depth[at] ?? 0) < level) return at;
    }
    return null;
  }

  /** Positions that are shown when these are collapsed. */
  shown(collapsed: ReadonlySet<number>): Uint32Array {
    const shown = new Uint32Array(this.count);
    let length = 0;
    for (let index = 0; index < this.count;) {
      shown[length] = index;
      length += 1;
      index = collapsed.has(index) ? this.endOf(index) : index + 1;
    }
    return shown.subarray(0, length);
  }

  /** Positions of steps with children, apart from roots that stand alone. */
  groups(fromDepth: number): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.count; index += 1) {
      const { children, depth } = this.columns;
      if ((children[index] ?? 0) > 0 && (depth[index] ?? 0) >= fromDepth) found.push(index);
    }
    return found;
  }

  /** Positions whose name, model, failure, kind or id has the text, ignoring case. */
  find(text: string): number[] {
    const wanted = text.trim().toLowerCase();
    if (wanted === '') return [];
    const { columns } = this;
    const said = columns.words.map((word) => word.toLowerCase().includes(wanted));
    const kinds = columns.kinds.map((kind) => kind.includes(wanted));
    const found: number[] = [];
    for (let index = 0; index < this.count; index += 1) {
      const model = columns.model[index] ?? null;
      const error = this.errors.get(index);
      if (
        said[columns.name[index] ?? -1] ||
        kinds[columns.kind[index] ?? -1] ||
        (model !== null && said[model]) ||
        (error !== undefined && said[error]) ||
        columns.span_id[index]?.toLowerCase().includes(wanted)
      ) {
        found.push(index);
      }
    }
    return found;
  }

  /** What to look at when nobody chose: the first failure, else the longest model call, else the root. */
  toShow(): number | null {
    if (this.failed[0] !== undefined) return this.failed[0];
    let longest = -1;
    let best = -Infinity;
    for (let index = 0; index < this.count; index += 1) {
      if (this.kindOf(index) !== 'llm') continue;
      const ms = this.columns.duration_ms[index] ?? Infinity;
      if (longest < 0 || ms > best) [longest, best] = [index, ms];
    }
    if (longest >= 0) return longest;
    return this.count > 0 ? 0 : null;
  }

  /** The length of the axis: never zero, and long enough for every step. */
  axisEnd(): number {
    const { columns } = this;
    let end = Number.isFinite(columns.total_ms) ? columns.total_ms : 0;
    let unfinished = false;
    for (let index = 0; index < this.count; index += 1) {
      const took = columns.duration_ms[index] ?? null;
      unfinished ||= took === null;
      const known = took ?? columns.time_to_first_token_ms[index] ?? 0;
      end = Math.max(end, (columns.start_offset_ms[index] ?? 0) + Math.max(0, known));
    }
    // Room for what never ended: a step that starts last would else have no bar at all.
    if (unfinished) end *= 1.1;
    return end > 0 ? end : 1;
  }
}

/** The one behind `index` in a sorted list, around the end; `step` -1 goes back. */
export function neighbour(
  list: readonly number[],
  index: number,
  step: 1 | -1,
): number | undefined {
  if (list.length === 0) return undefined;
  if (step === 1) return list.find((at) => at > index) ?? list[0];
  return list.findLast((at) => at < index) ?? list.at(-1);
}

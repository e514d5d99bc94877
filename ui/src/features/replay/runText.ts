/** Runs, columns and cells in words and glyphs; the glyph never stands without its word. */
import { AS_SENT } from '$lib/asSent';
import type { CellStatus } from '$lib/bindings/CellStatus';
import type { RunColumn } from '$lib/bindings/RunColumn';
import type { RunPlan } from '$lib/bindings/RunPlan';
import type { RunStatus } from '$lib/bindings/RunStatus';
import type { RunTotals } from '$lib/bindings/RunTotals';
import { count } from '$lib/format';

type Tone = 'plain' | 'accent' | 'good' | 'bad' | 'warn' | 'info';

export const RUN_TONE: Record<RunStatus, Tone> = {
  running: 'accent',
  finished: 'good',
  cancelled: 'warn',
  interrupted: 'warn',
  capped: 'warn',
};

export const CELLS: Record<CellStatus, { word: string; glyph: string; tone: Tone }> = {
  pending: { word: 'pending', glyph: '·', tone: 'plain' },
  complete: { word: 'complete', glyph: '', tone: 'plain' },
  truncated: { word: 'cut off', glyph: '…', tone: 'warn' },
  failed: { word: 'failed', glyph: '!', tone: 'bad' },
  unknown: { word: 'unknown', glyph: '?', tone: 'warn' },
  not_sent: { word: 'not sent', glyph: '–', tone: 'plain' },
};

export function answered(totals: RunTotals): number {
  return totals.live + totals.cached + totals.recorded;
}

export function done(totals: RunTotals): number {
  return totals.cells - totals.pending;
}

/** "41 of 48 passed"; without assertions it says so. */
export function passedText(totals: RunTotals): string {
  return totals.graded === 0
    ? 'not graded'
    : `${count(totals.passed)} of ${count(totals.graded)} passed`;
}

/** Runs that can go on from where they stopped. Failed calls are tried again too. */
export function canResume(status: RunStatus, totals: RunTotals): boolean {
  if (status === 'running') return false;
  // What was not sent to the end of a run cannot be sent as things are.
  const left = status === 'finished' ? 0 : totals.pending + totals.not_sent;
  return left + totals.failed + totals.unknown + totals.truncated > 0;
}

/** "ticket-triage 1.0.0", or what stands for it. */
export function promptText(of: { prompt_name: string; prompt_version: string }): string {
  return of.prompt_name === '' ? 'as it was sent' : `${of.prompt_name} ${of.prompt_version}`;
}

/** Names of the columns, each as short as it can be and still be told apart. */
export function columnLabels(
  columns: readonly Pick<RunColumn, 'prompt_name' | 'prompt_version' | 'target'>[],
): string[] {
  const differ = (of: (c: (typeof columns)[number]) => string) => new Set(columns.map(of)).size > 1;
  const names = differ((c) => c.prompt_name);
  const models = differ((c) => `${c.target.provider}:${c.target.model}`);
  const providers = differ((c) => c.target.provider);
  return columns.map((c) => {
    const version = names || c.prompt_name === '' ? promptText(c) : c.prompt_version;
    if (!models) return version;
    const model = providers ? `${c.target.provider}:${c.target.model}` : c.target.model;
    return `${version} · ${model}`;
  });
}

/** "ticket-triage 1.0.0, working": versions grouped by their prompt. */
export function promptsText(plan: RunPlan): string {
  const byName = new Map<string, string[]>();
  for (const prompt of plan.prompts) {
    if (prompt === AS_SENT) {
      byName.set('as it was sent', []);
      continue;
    }
    const at = prompt.lastIndexOf('@');
    const name = at < 0 ? prompt : prompt.slice(0, at);
    byName.set(name, [...(byName.get(name) ?? []), at < 0 ? '' : prompt.slice(at + 1)]);
  }
  return [...byName].map(([name, versions]) => `${name} ${versions.join(', ')}`.trim()).join('; ');
}

export function modelsText(plan: RunPlan): string {
  return plan.targets.map((t) => `${t.provider}:${t.model}`).join(', ');
}

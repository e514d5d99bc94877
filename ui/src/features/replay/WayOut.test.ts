import type { CellView } from '$lib/bindings/CellView';
import type { Completion } from '$lib/bindings/Completion';
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { render, screen } from '@testing-library/svelte';
import { beforeEach, describe, expect, it } from 'vitest';
import CellInspector from './CellInspector.svelte';

let answered: CellView;

beforeEach(async () => {
  const host = fixtureHost();
  setHost(host);
  const filter = { status: null, only_failing: false, text: '' };
  for (const run of await host.runList()) {
    const grid = await host.runGrid(run.id, filter, 0, 100);
    const cells = grid.rows.flatMap((row) => row.cells);
    const found = cells.find((cell) => cell?.status === 'complete' && cell.origin === 'live');
    if (found) answered = await host.cellOpen(found.id);
  }
});

function open(change: Partial<CellView['cell']>, returned: string) {
  const { cell } = answered;
  const completion = cell.completion && { ...cell.completion, model_returned: returned };
  render(CellInspector, { view: { ...answered, cell: { ...cell, completion, ...change } } });
}

const LARGER = { provider: 'openai', model: 'gpt-4.1' };

describe('a cell that was too long for its budget', () => {
  it('says where it went, and is not taken for a fallback', () => {
    open({ escalated_to: LARGER }, 'gpt-4.1-2025-04-14');
    expect(screen.getByText(/it went to/)).toHaveTextContent('openai:gpt-4.1');
    expect(screen.queryByText('another answered')).toBeNull();
  });

  it('still says when another model answered than was asked', () => {
    open({ escalated_to: LARGER }, 'gpt-3.5-turbo');
    expect(screen.getByText('another answered')).toBeInTheDocument();
  });

  it('shows the summary that stands for a value as text', () => {
    const summary = {
      variable: 'body',
      prompt: 'shorten@1.0.0',
      target: LARGER,
      text: 'In short: <b>brakes</b>.',
      tokens_before: 812,
      origin: 'live' as const,
      usage: { tokens_in: 812, tokens_out: 9 } as Completion['usage'],
      cost: answered.cell.cost,
    };
    open({ summary }, answered.cell.key.target.model);
    expect(screen.getByText('In short: <b>brakes</b>.')).toBeInTheDocument();
    expect(screen.getByText(/summarised/)).toHaveTextContent('body (812 tokens)');
  });
});

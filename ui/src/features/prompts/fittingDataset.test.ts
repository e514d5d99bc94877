import type { DatasetRow } from '$lib/bindings/DatasetRow';
import type { PromptSpec } from '$lib/bindings/PromptSpec';
import { describe, expect, it } from 'vitest';
import { fittingDataset } from './fittingDataset';

const rows: DatasetRow[] = [
  { name: 'emails', description: '', cases: 50, variables: ['email'], as_sent: false },
  {
    name: 'tickets',
    description: '',
    cases: 240,
    variables: ['message', 'locale'],
    as_sent: false,
  },
];

function spec(...variables: [string, string | null][]): Pick<PromptSpec, 'variables'> {
  return {
    variables: variables.map(([name, fallback]) => ({
      name,
      description: '',
      type: null,
      default: fallback,
      trim: null,
    })),
  };
}

describe('the dataset a prompt is rendered with', () => {
  it('has every variable that the prompt cannot do without', () => {
    expect(fittingDataset(rows, spec(['message', null], ['tone', 'calm']))?.name).toBe('tickets');
    expect(fittingDataset(rows, spec(['email', null]))?.name).toBe('emails');
  });

  it('is the first where none fits, or nothing is needed', () => {
    expect(fittingDataset(rows, spec(['order', null]))?.name).toBe('emails');
    expect(fittingDataset(rows, null)?.name).toBe('emails');
    expect(fittingDataset([], spec())).toBeUndefined();
  });
});

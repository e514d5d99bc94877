import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import FlakyTable from './FlakyTable.svelte';

it('names what flipped before already, and says where the variance comes from', async () => {
  const onselect = vi.fn();
  render(FlakyTable, {
    column: 2,
    onselect,
    flakiness: {
      cases: [
        {
          case_key: 'T-1',
          distinct_a: 2,
          distinct_b: 1,
          flips_at_baseline: true,
          flips_at_candidate: false,
          flip_rate_a: 2 / 3,
          flip_rate_b: null,
        },
      ],
      assertions: [],
      variance: {
        cases: 40,
        total: 0.2,
        noise: 0.5,
        difficulty: 0.3,
        change: 0.15,
        change_by_case: 0.05,
      },
    },
  });
  expect(screen.getByText('flipped before already')).toBeInTheDocument();
  expect(screen.getByRole('row', { name: /T-1/ })).toHaveTextContent('67 %');
  expect(screen.getByRole('row', { name: /noise/ })).toHaveTextContent('50 %');
  expect(screen.getByRole('columnheader', { name: 'flip rate of C' })).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'T-1' }));
  expect(onselect).toHaveBeenCalledWith('T-1');
});

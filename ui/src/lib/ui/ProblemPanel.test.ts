import { fixtureHost } from '$lib/host/fixture';
import { setHost } from '$lib/host';
import { asProblem } from '$lib/problem';
import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import ProblemPanel from './ProblemPanel.svelte';

it('says what happened and what to do, and copies the whole', async () => {
  const copyText = vi.fn(() => Promise.resolve());
  setHost({ ...fixtureHost(), copyText });
  const onretry = vi.fn();
  render(ProblemPanel, {
    problem: { code: 'conflict', message: 'the <b>file</b> changed', hint: 'Read it again.' },
    onretry,
  });
  const alert = screen.getByRole('alert');
  expect(alert).toHaveTextContent('the <b>file</b> changed');
  expect(alert).toHaveTextContent('Read it again.');
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name: 'Copy' }));
  expect(copyText).toHaveBeenCalledWith('conflict: the <b>file</b> changed\nRead it again.');
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(onretry).toHaveBeenCalledOnce();
});

it('turns whatever was thrown into a problem', () => {
  expect(asProblem({ code: 'busy', message: 'm', hint: 'h' })).toEqual({
    code: 'busy',
    message: 'm',
    hint: 'h',
  });
  expect(asProblem(new Error('boom'))).toEqual({ code: 'internal', message: 'boom', hint: null });
  expect(asProblem('text').message).toBe('text');
});

import { setHost, type Host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import PromptsScreen from './PromptsScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  host = fixtureHost();
  setHost(host);
});

it('offers the fixes of a finding as buttons, which change the text and nothing on disk', async () => {
  const { text, text_hash } = await host.promptOpen('ticket-triage', null);
  await host.promptSave('ticket-triage', text.replace('{{ subject }}', '{{ subjct }}'), text_hash);
  router.go('#/prompts/ticket-triage');
  render(PromptsScreen);
  const user = userEvent.setup();
  const list = await screen.findByRole('region', { name: 'Findings' });
  expect(within(list).getByRole('button', { name: 'Declare `subjct`' })).toBeInTheDocument();
  await user.click(within(list).getByRole('button', { name: 'Use `subject`' }));
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Findings' })).toBeNull());
  expect(screen.getByText('unsaved')).toBeInTheDocument();
  expect((await host.promptOpen('ticket-triage', null)).text).toContain('{{ subjct }}');
});

import { setHost, type Host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { allCommands, bindKeys } from '$lib/commands.svelte';
import {
  acceptCompletion,
  currentCompletions,
  setSelectedCompletion,
  startCompletion,
} from '@codemirror/autocomplete';
import { EditorView } from '@codemirror/view';
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

async function openBroken() {
  const { text, text_hash } = await host.promptOpen('ticket-triage', null);
  await host.promptSave('ticket-triage', text.replace('{{ subject }}', '{{ subjct }}'), text_hash);
  router.go('#/prompts/ticket-triage');
  render(PromptsScreen);
  return within(await screen.findByRole('region', { name: 'Findings' }));
}

it('offers the fixes of a finding as buttons, which change the text and nothing on disk', async () => {
  const list = await openBroken();
  const user = userEvent.setup();
  expect(list.getByRole('button', { name: 'Declare `subjct`' })).toBeInTheDocument();
  await user.click(list.getByRole('button', { name: 'Use `subject`' }));
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Findings' })).toBeNull());
  expect(screen.getByText('unsaved')).toBeInTheDocument();
  expect((await host.promptOpen('ticket-triage', null)).text).toContain('{{ subjct }}');
  // Unsaved text waits for the prompt to be opened again.
  await user.click(screen.getByRole('button', { name: 'Discard' }));
});

it('goes to a problem and opens its fixes by keys, wherever the focus is', async () => {
  await openBroken();
  const user = userEvent.setup();
  const unbind = bindKeys(allCommands());
  await user.keyboard('{F8}');
  expect(document.activeElement?.closest('.cm-editor')).not.toBeNull();
  await user.keyboard('{Control>}.{/Control}');
  const menu = await screen.findByRole('menu', { name: 'Fixes of this line' });
  const [use, declare] = within(menu).getAllByRole('menuitem');
  use?.focus();
  await user.keyboard('{ArrowDown}');
  expect(declare).toHaveFocus();
  await user.keyboard('{Escape}');
  expect(screen.queryByRole('menu')).toBeNull();
  expect(document.activeElement?.closest('.cm-editor')).not.toBeNull();
  unbind();
});

it('declares a name that is completed, and leaves the cursor where one types', async () => {
  router.go('#/prompts/ticket-triage');
  render(PromptsScreen);
  const label = 'Text of ticket-triage';
  const content = await screen.findByRole('textbox', { name: label });
  const view = EditorView.findFromDOM(content);
  if (!view) throw new Error('no editor');
  const end = view.state.doc.length;
  view.dispatch({ changes: { from: end, insert: '{{ place' }, selection: { anchor: end + 8 } });
  view.focus();
  // The words come from the host; and a completion that has only just come up takes no key.
  await vi.waitFor(
    async () => {
      startCompletion(view);
      await new Promise((done) => setTimeout(done, 300));
      const offered = currentCompletions(view.state);
      expect(offered.at(-1)?.detail).toBe('not declared: declare it');
      view.dispatch({ effects: setSelectedCompletion(offered.length - 1) });
      expect(acceptCompletion(view)).toBe(true);
    },
    { timeout: 8000, interval: 50 },
  );
  await waitFor(() => expect(view.state.doc.toString()).toContain('  - name: place\n'));
  const { head } = view.state.selection.main;
  expect(view.state.doc.sliceString(head - 11, head)).toBe('{{ place }}');
  await userEvent.setup().click(screen.getByRole('button', { name: 'Discard' }));
});

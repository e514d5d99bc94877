import { setHost, type Host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { bindKeys, allCommands } from '$lib/commands.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { lineOf } from './lineOf';
import PromptsScreen from './PromptsScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  host = fixtureHost();
  setHost(host);
});

async function open(hash: string) {
  router.go(hash);
  const view = render(PromptsScreen);
  await screen.findByRole('listbox', { name: 'Prompts' });
  await screen.findByRole('heading', { name: 'ticket-triage' });
  return { user: userEvent.setup(), ...view };
}

const beside = () => screen.findByRole('region', { name: 'What the text renders to' });

describe('the rendering beside the editor', () => {
  it('is shown by a button, filled in with a case, and remembered', async () => {
    const { user } = await open('#/prompts/ticket-triage');
    const button = await screen.findByRole('button', { name: /^Rendering beside the editor/ });
    expect(button).toHaveAttribute('aria-pressed', 'false');
    await user.click(button);
    expect(button).toHaveAttribute('aria-pressed', 'true');
    expect(await within(await beside()).findByText(/You sort support tickets/)).toBeInTheDocument();
    expect(localStorage.getItem('plumbline.prompts.split')).toContain('"open":true');
    const found = await axe.run(await beside(), {
      rules: { 'color-contrast': { enabled: false } },
    });
    expect(found.violations.map((v) => v.id)).toEqual([]);
  });

  it('has a key that works from every tab', async () => {
    const { user } = await open('#/prompts/ticket-triage?tab=history');
    const unbind = bindKeys(allCommands());
    await user.keyboard('{Control>}\\{/Control}');
    await beside();
    expect(router.route.params.tab).toBeUndefined();
    await user.keyboard('{Control>}\\{/Control}');
    await waitFor(() => expect(screen.queryByRole('region', { name: /renders to/ })).toBeNull());
    unbind();
  });

  it('keeps the last answer, dimmed, under an error that says where', async () => {
    let broken = false;
    setHost({
      ...host,
      promptRender: (name, version, text, from) =>
        broken
          ? Promise.reject({
              code: 'bad_input',
              message: 'the template fails (line 31): x',
              hint: null,
            })
          : host.promptRender(name, version, text, from),
    });
    localStorage.setItem('plumbline.prompts.split', '{"open":true,"width":0}');
    const { container } = await open('#/prompts/ticket-triage');
    const pane = within(await beside());
    await pane.findByText(/You sort support tickets/);
    expect(container.querySelector('.content.stale')).toBeNull();
    broken = true;
    router.set({ case: 'another' });
    expect(await pane.findByRole('alert')).toHaveTextContent('line 31');
    expect(pane.getByRole('button', { name: 'Go to line 31' })).toBeInTheDocument();
    expect(pane.getByText(/You sort support tickets/).closest('.stale')).not.toBeNull();
  });
});

describe('the line of a problem', () => {
  it('is read off its message only where it names one', () => {
    expect(lineOf({ message: 'the template fails (line 31): x' })).toBe(31);
    expect(lineOf({ message: 'no value for `line 3`' })).toBeNull();
    expect(lineOf({ message: 'x (line 0)' })).toBeNull();
  });
});

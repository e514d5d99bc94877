import { setHost, host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { FIXTURE_PASSPHRASE } from '$lib/host/fixtures/keys';
import { forgetAnswers } from '$lib/query.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import App from '../../app/App.svelte';
import KeysDialog from './KeysDialog.svelte';
import { keysDialog, openKeys } from './keysDialog.svelte';

const user = userEvent.setup();
const KEY = 'sk-canary-0123456789wxyz';

beforeEach(() => {
  setHost(fixtureHost());
  forgetAnswers();
  keysDialog.open = false;
});

async function open(origin = ''): Promise<HTMLElement> {
  render(KeysDialog);
  openKeys(origin);
  const dialog = await screen.findByRole('dialog', { name: 'API keys' });
  await within(dialog).findByRole('table', { name: 'Keys that are kept' });
  return dialog;
}

const row = (name: string) => screen.findByRole('row', { name: new RegExp(name) });

describe('API keys', () => {
  it('opens from the palette by keys alone and closes with Esc', async () => {
    render(App);
    await screen.findByRole('main');
    await user.keyboard('{Control>}k{/Control}');
    await screen.findByRole('combobox', { name: 'Find a command' });
    await user.keyboard('api keys{Enter}');
    const dialog = await screen.findByRole('dialog', { name: 'API keys' });
    await within(dialog).findByRole('table');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog', { name: 'API keys' })).toBeNull());
  });

  it('lists server, place and the last four characters, and nothing axe objects to', async () => {
    const dialog = await open();
    expect(await row('api.anthropic.com')).toHaveTextContent(/system keyring\s*Qw3A/);
    expect(await row('llm.example.test:8443')).toHaveTextContent(/encrypted file\s*Remove/);
    const found = await axe.run(dialog, { rules: { 'color-contrast': { enabled: false } } });
    expect(found.violations.map((v) => v.id)).toEqual([]);
  });

  it('keeps a key by keyboard, and leaves nothing of it on the page', async () => {
    const dialog = await open('https://api.openai.com/v1');
    const server = within(dialog).getByLabelText('Server');
    expect(server).toHaveValue('https://api.openai.com/v1');
    const key = within(dialog).getByLabelText('Key');
    expect(key).toHaveAttribute('type', 'password');
    key.focus();
    await user.keyboard(`${KEY}{Enter}`);
    expect(await row('https://api.openai.com system keyring')).toHaveTextContent('wxyz');
    expect(key).toHaveValue('');
    expect(document.body.innerHTML).not.toContain('sk-canary');
    expect(JSON.stringify(await host.keyList())).not.toContain('sk-canary');
  });

  it('says in place what is wrong with a server', async () => {
    const dialog = await open('not a server');
    await user.type(within(dialog).getByLabelText('Key'), KEY);
    await user.click(within(dialog).getByRole('button', { name: 'Keep the key' }));
    const alert = await within(dialog).findByRole('alert');
    expect(alert).toHaveTextContent('cannot be read');
    expect(alert).not.toHaveTextContent('sk-canary');
  });

  it('removes only after a second word, and the focus stays in the table', async () => {
    await open();
    const remove = 'Remove the key for https://api.anthropic.com';
    await user.click(screen.getByRole('button', { name: remove }));
    await user.click(await screen.findByRole('button', { name: 'Keep' }));
    expect((await host.keyList()).keys).toHaveLength(2);
    const button = await screen.findByRole('button', { name: remove });
    await waitFor(() => expect(button).toHaveFocus());
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.getByRole('button', { name: /^Yes, remove/ })).toHaveFocus());
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.queryByText('https://api.anthropic.com')).toBeNull());
    expect((await host.keyList()).keys.map((key) => key.origin)).toEqual([
      'https://llm.example.test:8443',
    ]);
  });

  it('unlocks the file with its passphrase and says when it is the wrong one', async () => {
    const dialog = await open();
    const part = within(within(dialog).getByRole('region', { name: 'Encrypted file' }));
    expect(part.getByRole('status')).toHaveTextContent(/^Locked/);
    expect(within(dialog).getByRole('option', { name: 'encrypted file' })).toBeDisabled();
    const field = part.getByLabelText('Passphrase');
    await user.type(field, 'wrong horse{Enter}');
    expect(await part.findByRole('alert')).toHaveTextContent('does not open');
    await user.clear(field);
    await user.type(field, `${FIXTURE_PASSPHRASE}{Enter}`);
    await waitFor(() => expect(part.getByRole('status')).toHaveTextContent(/^Unlocked/));
    expect(part.queryByLabelText('Passphrase')).toBeNull();
    expect(within(dialog).getByRole('option', { name: 'encrypted file' })).toBeEnabled();
  });

  it('asks twice for the passphrase of a new file', async () => {
    await host.keyUnlock(FIXTURE_PASSPHRASE);
    await host.keyRemove('https://llm.example.test:8443');
    setHost({
      ...host,
      keyList: async () => ({ keys: [], file: 'absent', file_path: 'keys.age' }),
    });
    render(KeysDialog);
    openKeys();
    const part = within(await screen.findByRole('region', { name: 'Encrypted file' }));
    const use = part.getByRole('button', { name: 'Use it' });
    await user.type(part.getByLabelText('Passphrase'), 'correct horse');
    await user.type(part.getByLabelText('The same again'), 'correct hors');
    expect(part.getByText('They differ')).toBeInTheDocument();
    expect(use).toBeDisabled();
    await user.type(part.getByLabelText('The same again'), 'e');
    expect(use).toBeEnabled();
  });
});

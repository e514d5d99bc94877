import { setHost, type Host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import PromptsScreen from '../PromptsScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  localStorage.clear();
  host = fixtureHost();
  setHost(host);
});

async function open(hash: string) {
  router.go(hash);
  render(PromptsScreen);
  await screen.findByRole('listbox', { name: 'Prompts' });
  return userEvent.setup();
}

async function violations(): Promise<string[]> {
  const rules = { 'color-contrast': { enabled: false } };
  const found = await axe.run(screen.getByRole('dialog'), { rules });
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join()}`);
}

describe('import of prompts', () => {
  it('says what came of it, and opens the history', async () => {
    const asked: unknown[] = [];
    setHost({
      ...host,
      promptImport: (git, name) => {
        asked.push([git, name]);
        return host.promptImport(git, name);
      },
    });
    const user = await open('#/prompts/ticket-triage');
    await user.click(screen.getByRole('button', { name: 'Import prompts…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Import prompts' });
    expect(within(dialog).getByText('release-notes.langfuse.json')).toBeInTheDocument();
    expect(await violations()).toEqual([]);
    await user.click(within(dialog).getByLabelText('Take every commit of this file in git'));
    await user.click(within(dialog).getByRole('button', { name: 'Import' }));
    expect(asked).toEqual([[true, null]]);
    const told = await screen.findByRole('dialog', { name: 'Prompts imported' });
    expect(told).toContainElement(document.activeElement as HTMLElement);
    const versions = within(told).getByRole('table', { name: 'Versions of release-notes' });
    const rows = within(versions)
      .getAllByRole('row')
      .slice(1)
      .map((row) =>
        [...row.children]
          .map((cell) => cell.textContent.replaceAll(/\s+/g, ' ').trim())
          .join(' | '),
      );
    expect(rows[0]).toMatch(/^2\.2\.0 \| 8 \| mallory \\u\{202e\}gro\.live@nimda \| <img src=x/);
    expect(rows[0]).toContain('there: production, latest | minor');
    expect(rows[1]).toMatch(/^2\.1\.1 \|.*\| patch$/);
    expect(told).toHaveTextContent('2 versions taken over from git, 1 was there already');
    expect(told).toHaveTextContent('changes that are not released and stays as it is');
    expect(told).toHaveTextContent('Release notes, version 3 it has no text');
    const losses = within(told).getByRole('table', { name: 'Losses of release-notes' });
    expect(within(losses).getByText('all of them')).toBeInTheDocument();
    expect(await violations()).toEqual([]);
    await user.click(within(told).getByRole('button', { name: 'Open release-notes' }));
    expect(location.hash).toBe('#/prompts/release-notes?tab=history');
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('keeps what was chosen when it is refused, and gives the focus back', async () => {
    const problem = { code: 'conflict', message: 'it came from elsewhere', hint: 'Rename it.' };
    setHost({ ...host, promptImport: () => Promise.reject(problem as unknown as Error) });
    const user = await open('#/prompts');
    const button = screen.getByRole('button', { name: 'Import prompts…' });
    await user.click(button);
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText('Name'), 'notes{Enter}');
    expect(await within(dialog).findByRole('alert')).toHaveTextContent(
      /it came from elsewhere\s*Rename it\./,
    );
    expect(within(dialog).getByLabelText('Name')).toHaveValue('notes');
    await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(button).toHaveFocus());
  });
});

describe('export of a prompt', () => {
  it('shows what is lost and what is written, and saves it', async () => {
    const saved: unknown[] = [];
    setHost({
      ...host,
      promptExportSave: (name, version, format) => {
        saved.push([name, version, format]);
        return host.promptExportSave(name, version, format);
      },
    });
    const user = await open('#/prompts/ticket-triage');
    const button = await screen.findByRole('button', { name: 'Export…' });
    await user.click(button);
    const dialog = await screen.findByRole('dialog', { name: 'Export ticket-triage' });
    expect(await within(dialog).findByText(/Nothing is lost/)).toBeInTheDocument();
    await user.selectOptions(within(dialog).getByLabelText('Format'), 'text');
    const losses = await within(dialog).findByRole('table', { name: 'Losses of the export' });
    expect(within(losses).getByText('a text declares none')).toBeInTheDocument();
    await user.selectOptions(within(dialog).getByLabelText('Of'), 'working');
    const text = await within(dialog).findByRole('region', { name: 'ticket-triage.txt' });
    expect(text).toHaveTextContent('You sort support tickets');
    expect(await violations()).toEqual([]);
    await user.click(within(dialog).getByRole('button', { name: 'Save as…' }));
    expect(saved).toEqual([['ticket-triage', 'working', 'text']]);
    await waitFor(() => expect(button).toHaveFocus());
  });

  it('stays when the save dialog is closed or the file cannot be written', async () => {
    const problem = { code: 'bad_input', message: 'cannot write it', hint: 'Choose another.' };
    const answers = [() => Promise.resolve(null), () => Promise.reject(problem as never)];
    setHost({ ...host, promptExportSave: () => answers.shift()?.() ?? Promise.resolve(null) });
    const user = await open('#/prompts/ticket-triage?v=1.0.0');
    await user.click(await screen.findByRole('button', { name: 'Export…' }));
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByLabelText('Of')).toHaveValue('1.0.0');
    await within(dialog).findByText(/Nothing is lost/);
    await user.click(within(dialog).getByRole('button', { name: 'Save as…' }));
    expect(within(dialog).queryByRole('alert')).toBeNull();
    await user.click(within(dialog).getByRole('button', { name: 'Save as…' }));
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('cannot write it');
  });
});

describe('the lines that trace a prompt', () => {
  it('are shown in each language and copied whole', async () => {
    const copied: string[] = [];
    setHost({
      ...host,
      copyText: (text) => {
        copied.push(text);
        return Promise.resolve();
      },
    });
    const user = await open('#/prompts/ticket-triage?v=1.0.0');
    await user.click(await screen.findByRole('button', { name: 'Trace this prompt…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Trace this prompt' });
    await within(dialog).findByRole('region', { name: 'Python lines' });
    expect(within(dialog).queryByText(/This is the working file/)).toBeNull();
    await user.click(within(dialog).getByRole('tab', { name: 'Rust' }));
    await within(dialog).findByRole('region', { name: 'Rust lines' });
    await user.click(within(dialog).getByRole('button', { name: 'Copy' }));
    expect(copied).toEqual(['const NAME: &str = "ticket-triage";']);
    expect(await violations()).toEqual([]);
  });

  it('warn that a working file is no version', async () => {
    const user = await open('#/prompts/ticket-triage');
    await user.click(await screen.findByRole('button', { name: 'Trace this prompt…' }));
    const dialog = await screen.findByRole('dialog');
    expect(await within(dialog).findByText(/This is the working file/)).toBeInTheDocument();
  });
});

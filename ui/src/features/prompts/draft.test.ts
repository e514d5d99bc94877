import { setHost, type Host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { beforeEach, describe, expect, it } from 'vitest';
import { Draft, promptDesk } from './draft.svelte';

const NAME = 'ticket-triage';
let host: Host;

beforeEach(() => {
  host = fixtureHost();
  setHost(host);
});

async function opened(version: string | null = null): Promise<Draft> {
  const draft = new Draft(promptDesk);
  draft.show(await host.promptOpen(NAME, version));
  return draft;
}

async function changeOnDisk(text: string): Promise<void> {
  const { text_hash } = await host.promptOpen(NAME, null);
  await host.promptSave(NAME, text, text_hash);
}

describe('draft', () => {
  it('saves what was typed', async () => {
    const draft = await opened();
    expect(draft.dirty).toBe(false);
    draft.write('new text');
    expect(draft.dirty).toBe(true);
    await draft.save();
    expect(draft.dirty).toBe(false);
    expect((await host.promptOpen(NAME, null)).text).toBe('new text');
  });

  it('does not overwrite a file that changed underneath, and offers both choices', async () => {
    const draft = await opened();
    draft.write('mine');
    await changeOnDisk('theirs');
    await draft.save();
    expect(draft.conflict?.text).toBe('theirs');
    expect((await host.promptOpen(NAME, null)).text).toBe('theirs');

    await draft.keepMine();
    expect((await host.promptOpen(NAME, null)).text).toBe('mine');
    expect(draft.conflict).toBeUndefined();
  });

  it('takes their text when told to', async () => {
    const draft = await opened();
    draft.write('mine');
    await changeOnDisk('theirs');
    draft.show(await host.promptOpen(NAME, null));
    expect(draft.text).toBe('mine');
    draft.takeTheirs();
    expect([draft.text, draft.dirty]).toEqual(['theirs', false]);
  });

  it('follows the file while nothing is unsaved', async () => {
    const draft = await opened();
    await changeOnDisk('theirs');
    draft.show(await host.promptOpen(NAME, null));
    expect(draft.text).toBe('theirs');
  });

  it('keeps unsaved text while another prompt is open, and across a change of screen', async () => {
    const draft = await opened();
    draft.write('half a thought');
    draft.show(await host.promptOpen('release-notes', null));
    expect(draft.dirty).toBe(false);
    draft.show(await host.promptOpen(NAME, null));
    expect(draft.text).toBe('half a thought');
    draft.leave();
    const later = await opened();
    expect(later.text).toBe('half a thought');
    later.discard();
    expect(later.dirty).toBe(false);
  });

  it('never saves a release', async () => {
    const draft = await opened('1.0.0');
    draft.write('changed');
    await draft.save();
    expect((await host.promptOpen(NAME, '1.0.0')).text).not.toBe('changed');
    draft.discard();
  });
});

import type { PromptImport } from '$lib/bindings/PromptImport';
import { setHost, type Host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { say } from '$lib/notices.svelte';
import { beforeEach, expect, it, vi } from 'vitest';
import { Importing } from './importing.svelte';

const refused = { code: 'conflict', message: 'there is a prompt `a`', hint: 'Give another name.' };
let host: Host;

beforeEach(() => {
  say.list = [];
  host = fixtureHost();
  setHost(host);
});

it('opens nothing when no file was chosen', async () => {
  setHost({ ...host, promptSourcePick: () => Promise.resolve(null) });
  const importing = new Importing();
  await importing.choose();
  expect(importing.open).toBe(false);
  expect(await importing.run()).toBe(false);
});

it('keeps what was chosen when it is refused, and tells why', async () => {
  setHost({ ...host, promptImport: () => Promise.reject(refused as unknown as Error) });
  const importing = new Importing();
  await importing.choose();
  importing.git = true;
  importing.name = 'a';
  expect(await importing.run()).toBe(false);
  expect(importing.problem).toEqual(refused);
  expect([importing.open, importing.git, importing.name, importing.working]).toEqual([
    true,
    true,
    'a',
    false,
  ]);
});

it('takes another file without what only the first could give', async () => {
  const importing = new Importing();
  await importing.choose();
  importing.git = true;
  importing.name = 'kept';
  const source = { file_name: 'body.json', folder: '/tmp', in_git: false };
  setHost({ ...host, promptSourcePick: () => Promise.resolve(source) });
  await importing.choose();
  expect([importing.source, importing.git, importing.name]).toEqual([source, false, 'kept']);
});

it('starts anew once its dialog was closed', async () => {
  const importing = new Importing();
  await importing.choose();
  importing.name = 'first';
  await importing.run();
  expect(importing.result?.prompts[0]?.name).toBe('first');
  importing.open = false;
  await importing.choose();
  expect([importing.name, importing.result, importing.open]).toEqual(['', undefined, true]);
});

it('tells who closed the dialog what came of it', async () => {
  let answer: (result: PromptImport) => void = () => undefined;
  setHost({ ...host, promptImport: () => new Promise((resolve) => (answer = resolve)) });
  const importing = new Importing();
  await importing.choose();
  const running = importing.run();
  importing.open = false;
  // Asking again while it runs shows the same import.
  const pick = vi.spyOn(host, 'promptSourcePick');
  await importing.choose();
  expect(pick).not.toHaveBeenCalled();
  expect(importing.open).toBe(true);
  importing.open = false;
  answer(await host.promptImport(false, null));
  await running;
  expect(say.list.map((notice) => [notice.text, notice.link?.href])).toEqual([
    ['Imported release-notes: 2 versions, 1 left out', '#/prompts/release-notes?tab=history'],
  ]);
});

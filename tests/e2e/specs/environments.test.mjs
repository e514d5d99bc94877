// A release is made, promoted and rolled back in the real window, and the command line tells the same.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { Key, until } from '../lib/webdriver.mjs';
import { Window } from '../lib/window.mjs';

const NAME = 'ticket-triage';
const OWNER = 'priya.nair@fernhillcycles.example';

describe('a release goes to production and comes back', { timeout: 240_000 }, () => {
  let window;
  const ask = (command, args = {}) =>
    window.session.evaluateAsync((c, a) => globalThis.__TAURI_INTERNALS__.invoke(c, a), command, args);
  const production = async () => {
    const { stands } = await ask('prompt_environments', { name: NAME });
    return stands.find((stand) => stand.environment === 'production')?.change?.to ?? null;
  };

  before(async () => {
    window = await Window.demo();
    await window.session.resize(1280, 800);
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  test('the working file becomes a release', async () => {
    await window.goto(`/prompts/${NAME}`);
    await (await window.session.one('.cm-content')).click();
    await window.session.press([Key.Control, Key.End], Key.Enter, ...'Answer calmly.');
    await window.sees('unsaved');
    await window.session.press([Key.Control, 's']);
    await window.clickNamed('Release…');
    await window.shot('environments-0-release');
    await window.sees('bump over 1.2.0', '[role=dialog]');
    await window.fill('What changed, in one line', 'Asks for calm.');
    await window.clickNamed('Release 1.3.0');
    await until(async () => {
      const view = await ask('prompt_open', { name: NAME, version: null });
      return view.releases[0].version === '1.3.0';
    }, 'the release');
  });

  test('who is no owner promotes it with a reason', async () => {
    await ask('prompt_promote', {
      name: NAME,
      version: '1.2.0',
      environment: 'production',
      by: { who: OWNER, why: '' },
    });
    await window.goto(`/prompts/${NAME}?tab=environments`);
    await window.sees('production', 'section[aria-label="In force now"]');
    await window.session.press('m');
    await window.sees('Who is no owner of this prompt says why', '[role=dialog]');
    await window.fill('Who', 'mallory');
    await window.fill('Why', 'calmer answers on the golden set');
    await window.shot('environments-1-promote');
    await window.clickNamed('Promote 1.3.0');
    await until(async () => (await production()) === '1.3.0', 'the promotion');
    await window.sees('calmer answers', 'section[aria-label=Ledger]');
    await window.sees('not an owner', 'section[aria-label=Ledger]');
    await window.shot('environments-2-promoted');
  });

  test('one step goes back', async () => {
    await window.clickNamed('Roll back to 1.2.0…');
    await window.fill('Who', OWNER);
    await window.clickNamed('Roll back to 1.2.0', { css: '[role=dialog] button' });
    await until(async () => (await production()) === '1.2.0', 'the rollback');
    await window.shot('environments-3-rolled-back');
  });

  test('what was in force at a minute is one field', async () => {
    const { changes } = await ask('prompt_environments', { name: NAME });
    assert.deepEqual(
      changes.map((change) => [change.kind, change.from, change.to]),
      [
        ['rollback', '1.3.0', '1.2.0'],
        ['promote', '1.2.0', '1.3.0'],
        ['promote', null, '1.2.0'],
      ],
    );
    const at = async (moment) => {
      const args = { prompt: NAME, environment: 'production', at: moment };
      return (await ask('environment_stands', args))[0].change?.to ?? null;
    };
    assert.equal(await at(changes[1].at), '1.3.0');
    assert.equal(await at(changes[2].at), '1.2.0');
    assert.equal(await at('1'), null);
  });

  test('each line tells its release', async () => {
    await window.goto(`/prompts/${NAME}?tab=lines`);
    await window.sees('1.3.0', '[role=grid]');
    await window.shot('environments-4-lines');
    await window.sees('1.3.0', '[role=grid]');
    await window.shot('environments-4-lines');
  });

  test('what another program writes into a prompt is shown', async () => {
    const file = join(window.promptsFolder, NAME, 'prompt.md');
    await window.goto(`/prompts/${NAME}`);
    await window.sees('Asks for calm.', '.cm-content');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('Asks for calm.', 'Written by another program.'));
    await window.sees('Written by another program.', '.cm-content');
    assert.deepEqual(await window.problems(), []);
  });
});

// A tool is made, released and taken by a prompt in the real window, and the editor mends what it finds.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { Key, until } from '../lib/webdriver.mjs';
import { Window } from '../lib/window.mjs';

const PROMPT = 'ticket-triage';
const TOOL = 'search_orders';

describe('tools are files with releases', { timeout: 240_000 }, () => {
  let window;
  const ask = (command, args = {}) =>
    window.session.evaluateAsync((c, a) => globalThis.__TAURI_INTERNALS__.invoke(c, a), command, args);

  before(async () => {
    window = await Window.demo();
    await window.session.resize(1280, 800);
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  test('a tool is made by name', async () => {
    await window.goto('/prompts/tools');
    await window.sees('No tools yet');
    await window.clickNamed('New tool…');
    await window.fill('Name', TOOL);
    await window.clickNamed('Make the tool');
    await window.sees('Say in one or two sentences', '.cm-content');
    assert.ok(existsSync(join(window.promptsFolder, 'tools', TOOL, 'tool.md')));
  });

  test('it is released, and a prompt takes it', async () => {
    await window.clickNamed('Release…');
    await window.fill('What changed, in one line', 'First version.');
    await window.clickNamed('Release 0.1.0');
    await until(async () => {
      const view = await ask('tool_open', { name: TOOL, version: null });
      return view.releases[0]?.version === '0.1.0';
    }, 'the release of the tool');
    const view = await ask('prompt_open', { name: PROMPT, version: null });
    const text = view.text.replace('\noutput_schema:', `\ntools:\n  - use: ${TOOL}\noutput_schema:`);
    assert.notEqual(text, view.text);
    await ask('prompt_save', { name: PROMPT, text, expectedTextHash: view.text_hash });
    await window.sees(PROMPT, 'section');
    await window.shot('tools-0-tool');
    await window.goto(`/prompts/${PROMPT}`);
    await window.sees('0.1.0');
    await window.shot('tools-1-prompt');
  });

  test('what the editor finds it can mend', async () => {
    await (await window.session.one('.cm-content')).click();
    await window.session.press([Key.Control, Key.End], Key.Enter, ...'{{ mesage }}');
    await window.sees('mesage', 'section[aria-label="Findings"]');
    await window.shot('tools-2-finding');
    await window.clickNamed('Use `message`');
    await until(async () => {
      const text = await (await window.session.one('.cm-content')).text();
      return text.includes('{{ message }}') && !text.includes('mesage');
    }, 'the fix');
  });

  test('the rendering stands beside the text', async () => {
    await window.session.press([Key.Control, '\\']);
    await window.sees('Rendered');
    await window.shot('tools-3-beside');
    assert.deepEqual(await window.problems(), []);
  });
});

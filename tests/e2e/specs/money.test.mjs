// Money before it is spent, in the real window: a forecast, a day's cap that both faces keep, and the cache.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { exportOf } from '../lib/otlp.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

describe('money', () => {
  let window, home, workspace;
  before(async () => {
    home = temporaryFolder();
    workspace = join(home, 'money.db');
    const file = join(home, 'spans.otlp.json');
    writeFileSync(file, exportOf({ name: 'ask', text: 'hello', model: 'gpt-4.1-mini' }));
    cli(home, ['--workspace', workspace, 'import', file]);
    window = await openWindow({ home, workspace, prompts: temporaryFolder() });
    await window.goto('/cost');
    await window.sees('Forecast', 'main');
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  test('a forecast is the plain formula, and a field that is no number is told', async () => {
    await window.fill('Requests a day', '120000');
    await window.fill('Tokens in', '1830');
    await window.fill('Tokens out', '212');
    await window.sees('$128.54', 'main');
    await window.sees('$3,856.32', 'main');
    await window.fill('Tokens out', 'many');
    await window.sees('Write a whole number', 'main');
  });

  test("a day's cap set here is the one that the command line keeps", async () => {
    await window.clickNamed('Limits and cache');
    await window.sees('runs stop at their own caps only', 'main');
    await window.fill('New cap a day', '20');
    await window.clickNamed('Set');
    await window.sees('$20.00 left', 'main');
    const told = JSON.parse(cli(home, ['--json', '--workspace', workspace, 'cap']));
    assert.equal(told.cap_day_usd, '20');
    cli(home, ['--workspace', workspace, 'cap', '--none']);
    await window.sees('runs stop at their own caps only', 'main');
  });

  test('an empty cache has nothing to drop', async () => {
    await window.sees('nothing was cached yet', 'main');
    const disabled = await window.session.evaluate(
      () => [...document.querySelectorAll('button')].find((e) => e.innerText.includes('Drop answers')).disabled,
    );
    assert.equal(disabled, true);
    assert.deepEqual(await window.problems(), []);
  });
});

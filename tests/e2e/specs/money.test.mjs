// Money before it is spent, in the real window: a forecast, a day's cap that both faces keep, and the cache.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { exportOf } from '../lib/otlp.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

/** A thousand tokens in, a hundred out. */
const CALL = {
  trace_id: 't-1',
  span_id: 's-1',
  kind: 'llm',
  provider: 'openai',
  model_requested: 'gpt-4.1-mini',
  start_ns: 1_790_000_000_000_000_000,
  end_ns: 1_790_000_001_000_000_000,
  tokens_in: 1000,
  tokens_out: 100,
};

/** As genai-prices publishes it, ten times today's price. */
const NEWER = [
  {
    id: 'openai',
    name: 'OpenAI',
    api_pattern: 'x',
    model_match: { starts_with: 'gpt-' },
    models: [
      {
        id: 'gpt-4.1-mini',
        match: { starts_with: 'gpt-4.1-mini' },
        prices: { input_mtok: 4, output_mtok: 16 },
      },
    ],
  },
];

describe('money', () => {
  let window, home, workspace;
  before(async () => {
    home = temporaryFolder();
    workspace = join(home, 'money.db');
    const file = join(home, 'spans.otlp.json');
    writeFileSync(file, exportOf({ name: 'ask', text: 'hello', model: 'gpt-4.1-mini' }));
    cli(home, ['--workspace', workspace, 'import', file]);
    const call = join(home, 'call.jsonl');
    writeFileSync(call, JSON.stringify(CALL));
    cli(home, ['--workspace', workspace, 'import', call]);
    const prices = join(home, 'data.json');
    writeFileSync(prices, JSON.stringify(NEWER));
    window = await openWindow({ home, workspace, prompts: temporaryFolder(), pick: [prices] });
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

  test('a newer table of prices changes stored costs when a person says so, and goes again', async () => {
    await window.clickNamed('Prices');
    await window.sees('the one of the program', 'main');
    await window.clickNamed('Import a table…');
    await window.sees('from data.json', 'main');
    await window.clickNamed('See what would change');
    await window.sees('1 of 2 costs would change: $0.00056 by', 'main');
    await window.shot('prices');
    await window.clickNamed('Store 1 new cost');
    await window.sees('1 cost stored anew');
    await window.clickNamed("Back to the program's");
    await window.sees('the one of the program', 'main');
    await window.clickNamed('Limits and cache');
    assert.deepEqual(await window.problems(), []);
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

// The frame of the real window: first start, screens, palette, keys, and the fences around the page.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { Key, until } from '../lib/webdriver.mjs';
import { openWindow, temporaryFolder, Window } from '../lib/window.mjs';

after(closeDisplay);

describe('an empty workspace', () => {
  let window;
  before(async () => {
    window = await openWindow({ prompts: temporaryFolder() });
  });
  after(() => window?.close());

  test('offers its three doors', async () => {
    for (const door of ['Open the demo', 'Import traces', 'Open a prompts folder']) {
      await window.sees(door, 'main');
    }
    assert.deepEqual(await window.refusals(), []);
  });

  test('a closed dialog changes nothing and is no error', async () => {
    await window.clickNamed('Import traces');
    await window.sees('Nothing is in this workspace yet', 'main');
    assert.deepEqual(await window.problems(), []);
  });
});

describe('the first door', () => {
  let window;
  before(async () => {
    window = await openWindow({ prompts: temporaryFolder() });
  });
  after(() => window?.close());

  test('makes the demo, shows its progress and ends with something to look at', async () => {
    await window.clickNamed('Open the demo');
    const summary = await until(
      () =>
        window.session.evaluateAsync(() => window.__TAURI_INTERNALS__.invoke('demo_summary')),
      'the summary of the demo',
      60_000,
    );
    assert.ok(summary.answers_moved > 0);
    await window.sees('ticket-triage');
    assert.deepEqual(await window.problems(), []);
    assert.deepEqual(await window.refusals(), []);
  });
});

describe('the demo workspace', () => {
  let window;
  before(async () => {
    window = await Window.demo();
  });
  after(() => window?.close());

  /** A dialog holds the focus until it has left the page. */
  const noDialog = () =>
    until(async () => (await window.session.all('[role=dialog]')).length === 0, 'no dialog');

  // Each screen with words that only its own data can have put there.
  const screens = {
    prompts: 'ticket-triage',
    replay: 'ticket-triage 1.1.0, 1.2.0',
    compare: 'of 240 answers moved',
    traces: 'ticket-triage',
    cost: 'smollm2-135m-instruct',
  };
  for (const [screen, words] of Object.entries(screens)) {
    test(`${screen} opens without a problem`, async () => {
      await window.goto(`/${screen}`);
      await until(
        () =>
          window.session.evaluate((hash) => {
            const here = document.querySelector('nav a[aria-current=page]');
            const busy = document.querySelector('main [aria-busy=true]');
            return here?.getAttribute('href') === hash && !busy && document.querySelector('main');
          }, `#/${screen}`),
        `the screen ${screen} at rest`,
      );
      await window.sees(words);
      assert.deepEqual(await window.problems(), []);
      assert.deepEqual(await window.refusals(), [], 'the page must live within its policy');
    });
  }

  test('the palette finds and runs a command with keys alone', async () => {
    await window.goto('/prompts');
    await window.session.press([Key.Control, 'k']);
    await window.sees('Go to Cost', '[role=dialog]');
    await window.session.press(...'cost');
    await until(
      () =>
        window.session.evaluate(() =>
          document.querySelector('[role=option][aria-selected=true]')?.innerText.includes('Cost'),
        ),
      'Cost to be the selected command',
    );
    await window.session.press(Key.Enter);
    await until(async () => (await window.route()) === '/cost', 'the Cost screen');
    await noDialog();
  });

  test('chords go from screen to screen, and back goes back', async () => {
    await window.goto('/prompts');
    await window.sees('Choose a prompt', 'main');
    await window.session.press('g', 't');
    await until(async () => (await window.route()).startsWith('/traces'), 'the Traces screen');
    await window.session.evaluate(() => window.history.back());
    await until(async () => (await window.route()).startsWith('/prompts'), 'the Prompts screen');
  });

  test('? shows the keys of the screen and Esc closes them', async () => {
    await window.session.press('?');
    await window.sees('Go to Traces', '[role=dialog]');
    await window.session.press(Key.Escape);
    await noDialog();
  });

  test('the page cannot be led away, open a window or reach the network', async () => {
    const before = await window.session.evaluate(() => window.location.href);
    await window.session.evaluate(() => void (window.location.href = 'https://example.invalid/'));
    const opened = await window.session.evaluate(() => window.open('https://example.invalid/') !== null);
    const fetched = await window.session.evaluateAsync(() =>
      fetch('https://example.invalid/').then(
        () => 'answered',
        () => 'refused',
      ),
    );
    assert.equal(opened, false, 'no second window');
    assert.equal(fetched, 'refused');
    assert.equal(await window.session.evaluate(() => window.location.href), before);
    const refused = await window.refusals();
    assert.ok(
      refused.some((line) => line.includes('connect-src')),
      `the policy itself refuses, not the missing network: ${refused}`,
    );
  });

  test('the page can call nothing of the platform but our commands', async () => {
    const outcomes = await window.session.evaluateAsync(async () => {
      const invoke = window.__TAURI_INTERNALS__.invoke;
      const tried = {};
      for (const command of [
        'plugin:fs|read_text_file',
        'plugin:shell|execute',
        'plugin:window|close',
        'plugin:webview|create_webview_window',
        'plugin:path|resolve_directory',
        'read_file',
      ]) {
        tried[command] = await invoke(command, {}).then(
          () => 'answered',
          () => 'refused',
        );
      }
      return tried;
    });
    for (const [command, outcome] of Object.entries(outcomes)) assert.equal(outcome, 'refused', command);
  });
});

// Secrets and the window: out by itself, in only after a word, and patterns of one's own.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { exportOf } from '../lib/otlp.mjs';
import { until } from '../lib/webdriver.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

// Nobody's: example.org is kept for examples.
const MAIL = 'canary.of.the.test@example.org';
const CUSTOMER = 'C-904417';
const SWITCH = { css: '[role=switch]' };

describe('redaction', () => {
  let window, home, workspace;
  before(async () => {
    home = temporaryFolder();
    const file = join(home, 'spans.otlp.json');
    writeFileSync(file, exportOf({ name: 'ask', text: `I am ${MAIL}, customer ${CUSTOMER}` }));
    workspace = join(home, 'secrets.db');
    window = await openWindow({ home, workspace, prompts: temporaryFolder(), pick: [file] });
    await window.goto('/traces?tab=redaction');
    await window.sees('Patterns of your own', 'main');
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  const write = (label, text) => window.fill(label, text);

  /** Whether an export of everything, or the workspace file as it lies there, holds a text. */
  const stores = (text) => {
    const exported = cli(home, ['trace', 'export', '--otlp', '--workspace', workspace]);
    const files = [workspace, `${workspace}-wal`].filter(existsSync).map((path) => readFileSync(path));
    // Large records lie there packed, so the files alone would say too little.
    return exported.includes(text) || files.some((bytes) => bytes.includes(text));
  };

  test('a broken pattern is shown with its place, below it', async () => {
    await write('Name', 'customer-id');
    await write('Regular expression', 'C-([0-9]{6}');
    await window.sees('cannot be used yet: unclosed group', '[role=status]');
    await window.clickNamed('Add');
    await window.sees('C-([0-9]{6} ^ error: unclosed group', '[role=alert]');
  });

  test('a pattern is tried before it is added, listed once it is, and removed again', async () => {
    await write('Regular expression', 'C-[0-9]{6}');
    await write('Text to try', `mail ${MAIL} and ${CUSTOMER}`);
    await window.sees('email 1 · tried 1', '[role=status]');
    await window.clickNamed('Add');
    await window.sees('customer-id C-[0-9]{6}', 'table[aria-label="Patterns of your own"]');
    await window.sees('customer-id 1 · email 1', '[role=status]');
    await window.clickNamed('Remove customer-id');
    await window.sees('None yet', 'main');
    await window.sees('email 1', '[role=status]');
    await write('Name', 'customer-id');
    await write('Regular expression', 'C-[0-9]{6}');
    await window.clickNamed('Add');
    await window.sees('customer-id C-[0-9]{6}', 'table[aria-label="Patterns of your own"]');
    assert.deepEqual(await window.problems(), []);
    assert.equal(stores(MAIL), false, 'what was tried is not kept');
  });

  test('an import stores neither, and its report says what was taken out', async () => {
    await window.clickNamed('Import…');
    await window.goto('/traces');
    await window.sees('customer-id 1 · email 1', 'article');
    assert.equal(stores(MAIL), false);
    assert.equal(stores(CUSTOMER), false);
  });

  test('it goes off only after a word; the report says so, and so does the window, reloaded too', async () => {
    await window.clickNamed('Take out secrets before storing', SWITCH);
    await window.sees('will say that redaction was off', '[role=dialog]');
    await window.clickNamed('Keep taking them out');
    await until(async () => (await window.session.all('[role=dialog]')).length === 0, 'no dialog');
    const isOn = () =>
      window.session.evaluate(() => document.querySelector('header [role=switch]')?.ariaChecked === 'true');
    assert.equal(await isOn(), true);
    await window.clickNamed('Take out secrets before storing', SWITCH);
    await window.clickNamed('Store them as they came');
    await window.sees('Secrets are stored as they came', 'main [role=status]');
    assert.equal(await isOn(), false);
    await until(async () => (await window.session.all('[role=dialog]')).length === 0, 'no dialog');
    await window.clickNamed('Import…');
    await window.sees('Redaction was switched off', 'article');
    assert.equal(stores(MAIL), true, 'the switch does what it says');
    await window.session.evaluate(() => location.reload());
    await window.sees('Secrets are stored as they came', 'main [role=status]');
    assert.deepEqual(await window.problems(), []);
    assert.deepEqual(await window.refusals(), []);
  });
});

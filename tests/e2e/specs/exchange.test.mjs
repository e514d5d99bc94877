// A history in git comes into the real window as releases, goes out as files for other tools, and gives the lines that
// make traces name it. The command line writes the same.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { Key, until } from '../lib/webdriver.mjs';
import { cli, temporaryFolder, Window } from '../lib/window.mjs';

const AUTHOR = 'Ada <ada@example.test>';
const MARKUP = '<img src=x onerror=window.__pwned=1>';
const DIALOG = '[role=dialog]';

/** A repository with one file and two commits of it. */
function repository() {
  const folder = join(temporaryFolder(), 'app');
  const file = join(folder, 'reply.txt');
  mkdirSync(folder);
  const git = (...args) => {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
    const done = spawnSync('git', [...who, ...args], { cwd: folder, env, encoding: 'utf8' });
    assert.equal(done.status, 0, `git ${args.join(' ')}: ${done.stderr}`);
  };
  const commit = (text, message) => {
    writeFileSync(file, text);
    git('add', '.');
    git('commit', '-q', '-m', message);
  };
  git('init', '-q');
  commit('Answer {{question}} briefly.\n', 'First words');
  commit('Answer {{question}} briefly and kindly.\n', `${MARKUP} asks for kindness`);
  return file;
}

describe('prompts come in and go out', { timeout: 240_000 }, () => {
  const saved = join(temporaryFolder(), 'saved.json');
  let window;
  const ask = (command, args = {}) =>
    window.session.evaluateAsync((c, a) => globalThis.__TAURI_INTERNALS__.invoke(c, a), command, args);
  const line = (...args) => cli(window.home, ['--workspace', join(window.home, 'demo.db'), ...args]);
  const noDialog = () =>
    until(async () => (await window.session.all(`${DIALOG}:not([data-state=closed])`)).length === 0, 'no dialog');

  async function importWithGit() {
    await window.sees('reply.txt', DIALOG);
    await (await window.session.one(`${DIALOG} input[type=checkbox]`)).click();
    await window.clickNamed('Import', { css: `${DIALOG} button` });
    await window.sees('Prompts imported', DIALOG);
  }

  before(async () => {
    window = await Window.demo({ pick: [repository()], save: saved });
    await window.session.resize(1280, 800);
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  test('every commit of a file becomes a release', async () => {
    await window.goto('/prompts');
    await window.sees('ticket-triage');
    await window.clickNamed('Import prompts…');
    await importWithGit();
    await window.sees('2 versions taken over from git', DIALOG);
    await window.sees(AUTHOR, DIALOG);
    await window.sees(`${MARKUP} asks for kindness`, DIALOG);
    await window.shot('exchange-0-imported');
    assert.equal((await window.session.all(`${DIALOG} img`)).length, 0, 'what a commit says stays text');
    await window.session.press(Key.Escape);
    await noDialog();
    const focused = () => window.session.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await until(async () => (await focused()) === 'Import prompts…', 'the focus where it was');
  });

  test('again it brings nothing new, and its history is one step away', async () => {
    await window.goto('/prompts/ticket-triage');
    await window.sees('prompt.md', 'main');
    await window.session.press([Key.Shift, 'I']);
    await importWithGit();
    await window.sees('0 versions taken over from git, 2 were there already', DIALOG);
    await window.clickNamed('Open reply', { css: `${DIALOG} button` });
    await noDialog();
    assert.equal(await window.route(), '/prompts/reply?tab=history');
    await window.sees(AUTHOR, 'main table');
    await window.sees('First words', 'main table');
    const { releases, drift } = await ask('prompt_open', { name: 'reply', version: null });
    assert.equal(releases.length, 2);
    assert.equal(drift, false);
    for (const { version } of releases) await window.sees(version, 'main table');
    await window.shot('exchange-1-history');
  });

  test('it is saved as JSON, byte for byte as the command line writes it', async () => {
    await window.session.press('e');
    await window.sees('Export reply', DIALOG);
    await window.sees('Nothing is lost', DIALOG);
    await window.shot('exchange-2-export');
    await window.clickNamed('Save as…', { css: `${DIALOG} button` });
    await window.sees('saved.json', '.notices');
    await noDialog();
    assert.ok(existsSync(saved));
    const other = join(window.home, 'other.json');
    line('prompt', 'export', 'reply', '--to', 'json', '--out', other);
    assert.equal(readFileSync(saved, 'utf8'), readFileSync(other, 'utf8'));
  });

  test('what a format cannot hold stands above its text', async () => {
    await window.clickNamed('Export…');
    await window.sees('Nothing is lost', DIALOG);
    await window.session.evaluate((css) => {
      const select = document.querySelector(`${css} select`);
      select.value = 'openai';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }, DIALOG);
    await window.sees('the format holds one', DIALOG);
    await window.sees('"messages"', DIALOG);
    await window.shot('exchange-3-losses');
    await window.session.press(Key.Escape);
    await noDialog();
  });

  test('the lines for an application are copied', async () => {
    await window.session.evaluate(() => {
      const write = navigator.clipboard.writeText.bind(navigator.clipboard);
      navigator.clipboard.writeText = (text) => {
        window.__copied = text;
        return write(text);
      };
    });
    await window.session.press('s');
    await window.sees('Trace this prompt', DIALOG);
    await window.sees('plumbline.prompt.hash', DIALOG);
    await window.clickNamed('TypeScript', { css: `${DIALOG} [role=tab]` });
    await window.sees('setAttributes', DIALOG);
    await window.shot('exchange-4-snippet');
    await window.clickNamed('Copy', { css: `${DIALOG} footer button` });
    await window.sees('Copied the TypeScript lines', '.notices');
    const copied = await window.session.evaluate(() => window.__copied);
    const { snippet } = JSON.parse(line('--json', 'prompt', 'snippet', 'reply', '--language', 'typescript'));
    assert.equal(copied, snippet);
    await window.session.press(Key.Escape);
    await noDialog();
    assert.deepEqual(await window.problems(), []);
    assert.equal(await window.session.evaluate(() => window.__pwned ?? null), null);
  });
});

// Reviewing a comparison in the real window: kinds of change, a case, blind judgements, a sign-off, a file to hand on.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { until } from '../lib/webdriver.mjs';
import { Window, cli, temporaryFolder } from '../lib/window.mjs';

describe('a comparison under review', () => {
  let window, sides, page;
  before(async () => {
    page = join(temporaryFolder(), 'comparison.html');
    window = await Window.demo({ save: page });
    const [run] = await ask('run_list');
    sides = [0, 1].map((column) => ({ run_id: run.id, column }));
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  const ask = (command, args = {}) =>
    window.session.evaluateAsync((c, a) => window.__TAURI_INTERNALS__.invoke(c, a), command, args);
  const route = (more = '') =>
    `/compare?a=${sides[0].run_id}.0&b=${sides[1].run_id}.1${more}`;
  const summary = () => ask('review_summary', { sides });

  test('a kind of change is accepted as a whole, and a case rejected for itself', async () => {
    const view = await ask('compare_open', { sides });
    await window.goto(route());
    await window.sees(view.pairs[0].verdict, 'main');
    await window.clickNamed('Accept all: ');
    const group = view.pairs[0].groups[0];
    await until(async () => (await summary()).accepted === group.count, 'the accepted cases');
    await window.shot('review-accepted');
    const { rows } = await ask('compare_rows', { sides, filter: { undecided: true }, offset: 0, limit: 1 });
    await window.goto(route(`&row=${encodeURIComponent(rows[0].case_key)}`));
    await window.sees(rows[0].case_key, 'main');
    await window.session.press('r');
    await until(async () => (await summary()).rejected === 1, 'the rejected case');
    await window.shot('review-pair');
    assert.deepEqual(await window.problems(), []);
  });

  test('what the command line says shows in the window that is open', async () => {
    const workspace = join(window.home, 'demo.db');
    const before = await summary();
    cli(window.home, [
      'review',
      'sign-off',
      'latest.0',
      'latest.1',
      '--refuse',
      '--note',
      'not yet, said the terminal',
      '--by',
      'grace',
      '--workspace',
      workspace,
    ]);
    await window.goto(route('&tab=reviews'));
    await window.sees('not yet, said the terminal', 'main');
    assert.equal((await summary()).sign_offs.length, before.sign_offs.length + 1);
    await window.shot('review-signed');
  });

  test('a blind reviewer sees two answers and nothing of where they come from', async () => {
    const view = await ask('compare_open', { sides });
    await window.goto(route('&mode=blind'));
    await window.sees('judged', 'main');
    await window.shot('review-blind');
    for (let pair = 0; pair < 3; pair += 1) {
      const shown = await window.session.evaluate(() => document.body.innerText);
      for (const side of view.sides) {
        for (const word of [side.prompt_version, side.target.model, side.prompt_name]) {
          assert.ok(!shown.includes(word), `a blind page tells ${word}`);
        }
      }
      await window.session.press(String(1 + pair));
      await window.session.press('\uE007');
      await until(
        async () => {
          const { wins } = await summary();
          return wins.better + wins.worse + wins.tie + wins.both_bad === pair + 1;
        },
        `judgement ${pair + 1}`,
      );
      await window.sees(`${pair + 1} of`, 'main');
    }
    await window.clickNamed('Leave and see the result');
    await window.sees('95 %', 'main');
    await window.shot('review-result');
    assert.deepEqual(await window.problems(), []);
  });

  test('it is handed on as one page that needs nothing else', async () => {
    await window.goto(route());
    await window.clickNamed('Share…');
    await window.clickNamed('Save as…');
    await window.sees('Wrote 240 cases', '[role=dialog]');
    await window.shot('review-shared');
    const written = readFileSync(page, 'utf8');
    assert.match(written, /^<!doctype html>/i);
    assert.match(written, /default-src 'none'/);
    assert.ok(written.includes('not yet, said the terminal'), 'the sign-off stands in it');
    assert.doesNotMatch(written, /https?:\/\/[^<]*<\/(script|style)/);
    assert.deepEqual(await window.problems(), []);
    assert.deepEqual(await window.refusals(), []);
  });
});

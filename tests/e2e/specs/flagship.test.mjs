// The main job in the real window: drop in traces, change one line of a prompt, see which answers
// move and what they cost.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { Key, until } from '../lib/webdriver.mjs';
import { cli, root, Window } from '../lib/window.mjs';

const edit = JSON.parse(readFileSync(join(root, 'fixtures/demo/tour-edit.json'), 'utf8'));
const MODEL = 'recorded:smollm2-135m-instruct';
const TRACES = join(root, 'fixtures/traces/otlp_json/support-agent.json');

describe('drop in traces, change one line, see which answers move', { timeout: 240_000 }, () => {
  let window;
  const ask = (command, args = {}) =>
    window.session.evaluateAsync((c, a) => globalThis.__TAURI_INTERNALS__.invoke(c, a), command, args);

  before(async () => {
    window = await Window.demo({ pick: [TRACES] });
    await window.session.resize(1440, 900);
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  test('traces come in, and every span of the file is accounted for', async () => {
    const before = (await ask('import_list')).length;
    await window.goto('/traces');
    await window.sees('ticket-triage');
    await window.session.press('i');
    const imports = await until(async () => {
      const list = await ask('import_list');
      return list.length > before && list.every((row) => row.complete) && list;
    }, 'the import');
    const { report } = imports.find((row) => row.report.path.endsWith('support-agent.json'));
    assert.equal(report.read, report.stored + report.duplicate + report.quarantined);
    assert.equal(report.read, 5, 'the file holds five spans');
    await window.shot('flagship-1-traces');
  });

  test('one line of the prompt is changed and saved', async () => {
    await window.goto(`/prompts/${edit.prompt}`);
    await (await window.session.one('.cm-content')).click();
    await window.session.press([Key.Control, 'f']);
    await window.session.press(...edit.line_before, Key.Enter, Key.Escape);
    await window.session.press(...edit.line_after);
    await window.sees('unsaved');
    await window.shot('flagship-2-edited');
    await window.session.press([Key.Control, 's']);
    const file = join(window.promptsFolder, edit.prompt, 'prompt.md');
    await until(() => readFileSync(file, 'utf8').includes(edit.line_after), 'the saved file');
    assert.ok(!readFileSync(file, 'utf8').includes(edit.line_before), 'the old line is gone');
    await window.goto(`/prompts/${edit.prompt}?tab=diff`);
    await window.sees('First copy the words', 'main');
    await window.shot('flagship-3-diff');
  });

  let runId;
  test('both versions are replayed on recorded answers, after an estimate', async () => {
    await window.goto(`/prompts/${edit.prompt}`);
    await window.clickNamed('Replay this');
    // The release first, then the working file: A is what was, B is what would be.
    for (const label of ['1.2.0', 'working file', 'working file', MODEL]) {
      await window.clickNamed(label, { css: 'label' });
    }
    const option = 'select option[value="support-tickets"]';
    await window.session.one(option);
    await window.session.evaluate((css) => {
      const option = document.querySelector(css);
      option.parentElement.value = option.value;
      option.parentElement.dispatchEvent(new Event('change', { bubbles: true }));
    }, option);
    const estimate = 'section[aria-label=Estimate]';
    await window.sees('recorded', `${estimate}[aria-busy=false]`);
    await window.shot('flagship-4-estimate');
    await until(
      () => window.session.evaluate((css) => !document.querySelector(`${css} button`).disabled, estimate),
      'Start to be possible',
    );
    await window.clickNamed('Start', { css: `${estimate} button` });
    await until(async () => /^\/replay\/[0-9a-f-]{36}/.test(await window.route()), 'the new run');
    runId = (await window.route()).slice('/replay/'.length).split('?')[0];
    const view = await until(async () => {
      const view = await ask('run_open', { runId });
      return view.row.status !== 'running' && view;
    }, 'the end of the run', 60_000);
    assert.equal(view.row.status, 'finished');
    assert.deepEqual(view.row.plan.prompts, [`${edit.prompt}@1.2.0`, `${edit.prompt}@working`]);
    const { cells, recorded, requests_sent } = view.row.totals;
    assert.ok(cells > 0 && recorded === cells, `every cell has a recorded answer: ${recorded} of ${cells}`);
    assert.equal(requests_sent, 0, 'nothing leaves the machine');
    await window.sees('finished', 'main');
    await window.shot('flagship-5-run');
  });

  test('the comparison says which answers moved, and shows each of them', async () => {
    await window.clickNamed('Compare columns');
    await until(async () => (await window.route()).startsWith('/compare?'), 'the comparison');
    const side = (column) => ({ run_id: runId, column });
    const sides = [side(0), side(1)];
    const view = (await ask('compare_open', { sides })).pairs[0];
    const moved = view.changed + view.fixed + view.broken;
    assert.ok(moved > 0, 'the changed line moves answers');
    await window.sees(view.verdict, 'main');
    await window.shot('flagship-6-compare');
    await window.session.press('j');
    await window.session.press('g');
    await window.sees('Side by side', 'main');
    const shown = await until(
      () => window.session.evaluate(() => document.querySelector('main h2')?.innerText),
      'the opened case',
    );
    const pair = await ask('compare_pair', { sides, column: 1, caseKey: shown, repeats: null });
    assert.notEqual(pair.a.completion.text, pair.b.completion.text, 'a moved answer differs');
    await window.shot('flagship-7-pair');
    assert.deepEqual(await window.problems(), []);
    assert.deepEqual(await window.refusals(), []);
  });

  test('the command line sees the same run', async () => {
    const workspace = join(window.home, 'demo.db');
    const answer = JSON.parse(
      cli(window.home, ['compare', 'latest.0', 'latest.1', '--json', '--workspace', workspace]),
    );
    const side = (column) => ({ run_id: runId, column });
    const view = (await ask('compare_open', { sides: [side(0), side(1)] })).pairs[0];
    assert.ok(JSON.stringify(answer).includes(view.verdict), 'both faces say the same sentence');
  });
});

// A prompt over its budget in the real window: what goes to a larger model, what is summarised, and what the cell says.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { until } from '../lib/webdriver.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

const prompt = (name, version, whenOver) => `---
name: ${name}
version: ${version}
owner: tests@example.test
description: Answers a letter.
changelog: First.
model: local:small
parameters: {max_tokens: 50}
variables:
  - {name: letter, type: string, description: What came}
budget: {max_tokens_in: 120, max_tokens_out: 50, when_over: ${whenOver}}
---
system:
The letter: {{ letter }}

user:
What is it about?
`;

const SHORTEN = `---
name: shorten
version: 1.0.0
owner: tests@example.test
description: Summarises.
changelog: First.
model: local:small
variables:
  - {name: text, type: string, description: What to shorten}
---
user:
Summarise: {{ text }}
`;

const event = (model, choice, more = {}) =>
  `data: ${JSON.stringify({ id: 'c', model, choices: choice ? [{ index: 0, ...choice }] : [], ...more })}\n\n`;

const answer = (model, text) =>
  [
    event(model, { delta: { role: 'assistant', content: text } }),
    event(model, { delta: {}, finish_reason: 'stop' }),
    event(model, null, { usage: { prompt_tokens: 90, completion_tokens: 6, total_tokens: 96 } }),
    'data: [DONE]\n\n',
  ].join('');

describe('a prompt over its budget', () => {
  let window, home, workspace, prompts, server;
  const asked = [];
  before(async () => {
    home = temporaryFolder();
    workspace = join(home, 'budget.db');
    prompts = temporaryFolder();
    const write = (name, text, release) => {
      mkdirSync(join(prompts, name, 'releases'), { recursive: true });
      writeFileSync(join(prompts, name, 'prompt.md'), text);
      if (release) writeFileSync(join(prompts, name, 'releases', `${release}.md`), text);
    };
    write('larger', prompt('larger', '1.0.0', '{escalate: {model: "local:large", max_tokens_in: 4000}}'), '1.0.0');
    write('shorter', prompt('shorter', '1.0.0', '{summarise: {variable: letter, prompt: shorten@1.0.0}}'));
    write('shorten', SHORTEN, '1.0.0');
    const letter = 'the brake squeaks when it rains and the wheel turns slowly. '.repeat(20);
    const cases = join(home, 'letters.jsonl');
    writeFileSync(
      cases,
      [JSON.stringify({ key: 'long', variables: { letter } }), JSON.stringify({ key: 'short', variables: { letter: 'brakes' } })].join('\n'),
    );
    cli(home, ['--workspace', workspace, 'dataset', 'add', cases]);
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        const { model, messages } = JSON.parse(body);
        const text = messages.at(-1).content;
        asked.push({ model, text: messages[0].content });
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(answer(model, text.startsWith('Summarise:') ? 'Brakes squeak in the rain.' : 'It is about brakes.'));
      });
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    window = await openWindow({ home, workspace, prompts });
    const url = `http://127.0.0.1:${server.address().port}/v1`;
    for (const name of ['larger', 'shorter']) {
      const target = { provider: 'local', model: 'small' };
      const plan = { prompts: [`${name}@working`], targets: [target], dataset: 'letters', repeats: 1, concurrency: 1 };
      await ask('replay_start', { plan: { ...plan, base_url: url, cap_usd: null, use_cache: true } });
      await until(async () => (await ask('run_list'))[0]?.status === 'finished', `the run of ${name}`);
    }
  });
  after(async () => {
    await window?.close();
    server?.close();
    await closeDisplay();
  });

  const ask = (command, args = {}) =>
    window.session.evaluateAsync((c, a) => window.__TAURI_INTERNALS__.invoke(c, a), command, args);

  async function openLong(name) {
    const runs = await ask('run_list');
    const run = runs.find((run) => run.plan.prompts[0] === `${name}@working`);
    const filter = { status: null, only_failing: false, text: '' };
    const { rows } = await ask('run_grid', { runId: run.id, filter, offset: 0, limit: 10 });
    const cell = rows.find((row) => row.case_key === 'long').cells[0];
    await window.goto(`/replay/${run.id}?cell=${cell.id}`);
  }

  test('what went to a larger model says so, and is no fallback', async () => {
    assert.deepEqual(
      asked.filter(({ text }) => !text.startsWith('Summarise')).map(({ model }) => model).slice(0, 2).sort(),
      ['large', 'small'],
    );
    await openLong('larger');
    await window.sees("Too long for the prompt's budget: it went to local:large", 'aside');
    const said = await window.session.evaluate(() => document.body.innerText);
    assert.ok(!said.includes('another answered'), said);
    await pictures('budget-escalated');
  });

  test('what was summarised shows the summary and what it stands for', async () => {
    assert.equal(asked.filter(({ text }) => text.startsWith('Summarise:')).length, 1);
    await openLong('shorter');
    await window.sees('summarised letter', 'aside');
    await window.session.evaluate(() => document.querySelector('aside details summary').click());
    await window.sees('Brakes squeak in the rain.', 'aside');
    await window.sees('a summary stands for it', 'aside');
    await pictures('budget-summarised');
  });

  test('a release whose file is gone is told in the history and comes back', async () => {
    await window.goto('/prompts/larger?tab=history');
    await window.sees('1.0.0', 'main');
    rmSync(join(prompts, 'larger', 'releases', '1.0.0.md'));
    await window.sees('file missing', 'main');
    await pictures('release-missing');
    await window.clickNamed('Restore 1.0.0');
    const isTold = () => window.session.evaluate(() => document.body.innerText.includes('file missing'));
    await until(async () => !(await isTold()), 'the file to be back');
    assert.ok(existsSync(join(prompts, 'larger', 'releases', '1.0.0.md')));
    assert.deepEqual(await window.problems(), []);
  });

  /** Both themes, both sizes. */
  async function pictures(name) {
    for (const theme of ['light', 'dark']) {
      await window.session.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
      for (const [width, height] of [
        [1920, 1080],
        [1280, 800],
      ]) {
        await window.session.resize(width, height);
        await window.shot(`${name}-${theme}-${width}x${height}`);
      }
    }
  }
});

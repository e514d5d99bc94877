// A provider that goes down in the middle of a run: the window shows its breaker, and the rest is answered once it is up.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

const CASES = 40;
const WAYS = '[aria-label="Calls on their way"]';

const PROMPT = `---
name: answer
version: 1.0.0
owner: tests@example.test
description: Answers a question.
changelog: First.
model: local:m
parameters:
  max_tokens: 50
variables:
  - name: question
    type: string
    description: What is asked.
---
user:
{{ question }}
`;

const event = (choice, more = {}) =>
  `data: ${JSON.stringify({ id: 'c', model: 'm', choices: choice ? [{ index: 0, ...choice }] : [], ...more })}\n\n`;

const ANSWER = [
  event({ delta: { role: 'assistant', content: 'It is there.' } }),
  event({ delta: {}, finish_reason: 'stop' }),
  event(null, { usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 } }),
  'data: [DONE]\n\n',
].join('');

describe('a provider that goes down', () => {
  let window, home, workspace, server;
  const provider = { isUp: false, asked: 0 };
  before(async () => {
    home = temporaryFolder();
    workspace = join(home, 'breaker.db');
    const prompts = temporaryFolder();
    mkdirSync(join(prompts, 'answer'));
    writeFileSync(join(prompts, 'answer', 'prompt.md'), PROMPT);
    const cases = join(home, 'cases.jsonl');
    const lines = Array.from({ length: CASES }, (_, n) =>
      JSON.stringify({ key: `q-${n}`, variables: { question: `number ${n}` } }),
    );
    writeFileSync(cases, lines.join('\n'));
    cli(home, ['--workspace', workspace, 'dataset', 'add', cases]);
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        provider.asked += 1;
        response.writeHead(provider.isUp ? 200 : 503, { 'content-type': 'text/event-stream' });
        response.end(provider.isUp ? ANSWER : '');
      });
    });
    await new Promise((listens) => server.listen(0, '127.0.0.1', listens));
    window = await openWindow({ home, workspace, prompts });
  });
  after(async () => {
    await window?.close();
    server?.close();
    await closeDisplay();
  });

  test('its breaker opens and says what waits, and closes when it is back', async () => {
    await window.goto('/replay?prompt=answer%40working&dataset=cases');
    await window.sees('Prompt versions', 'main');
    await window.fill('Another model', 'local:m');
    await window.clickNamed('Add');
    await window.sees('Base URL of local', 'main');
    await window.fill('Base URL of local', `http://127.0.0.1:${server.address().port}/v1`);
    await window.clickNamed('Start 40 live calls');
    await window.sees('breaker open', WAYS);
    await window.sees('waiting', WAYS);
    await window.shot('replay-breaker');
    const asked = provider.asked;
    assert.ok(asked < CASES, `${asked} calls went out to a provider that is down`);
    provider.isUp = true;
    await window.sees('finished', 'main header', 30_000);
    await window.sees('failed', 'main header');
    const totals = JSON.parse(cli(home, ['--json', '--workspace', workspace, 'run', 'show', 'latest'])).row.totals;
    assert.equal(totals.live + totals.failed, CASES);
    assert.ok(totals.live >= CASES - asked, JSON.stringify(totals));
    assert.deepEqual(await window.problems(), []);
  });
});

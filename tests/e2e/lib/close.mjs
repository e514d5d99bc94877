// Closes the window as a person does.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { virtualDisplay } from './display.mjs';

const script = fileURLToPath(new URL('close.py', import.meta.url));

/** Asks the windows of this title on the virtual display to close. */
export async function closeByHand(title) {
  const env = { ...process.env, DISPLAY: await virtualDisplay() };
  const done = spawnSync('python3', [script, title], { env, encoding: 'utf8', timeout: 20_000 });
  if (done.status !== 0) throw new Error(`no window "${title}" was asked to close\n${done.stderr}`);
}

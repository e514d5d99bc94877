// Drags files onto the window as a file manager would.

import { fileURLToPath } from 'node:url';
import { virtualDisplay } from './display.mjs';
import { start } from './processes.mjs';

const script = fileURLToPath(new URL('drag.py', import.meta.url));

/** Drops files in the middle of `rect`, where a window stands on the virtual display. */
export async function dragFiles(files, { x, y, width, height }) {
  const point = [x + width / 2, y + height / 2].map((value) => String(Math.round(value)));
  const env = { ...process.env, DISPLAY: await virtualDisplay(), GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1' };
  const child = start('python3', [script, ...point, ...files], { env, log: 'inherit' });
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(late);
  if (code !== 0) throw new Error(`the drag of ${files.join(', ')} was not taken: ${code}`);
}

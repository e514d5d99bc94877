// One virtual display for all windows of this process, on a number the X server picks itself.

import { start, stop } from './processes.mjs';

let display;

/** The name of the virtual display, such as `:3`; starts it on first use. */
export function virtualDisplay() {
  display ??= new Promise((resolve, reject) => {
    const args = ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-nolisten', 'tcp'];
    const child = start('Xvfb', args, { fd3: true });
    const late = setTimeout(() => reject(new Error('Xvfb did not start within 10 s')), 10_000);
    child.once('exit', () => reject(new Error('Xvfb ended at once; is the package xvfb installed?')));
    let text = '';
    child.stdio[3].on('data', (chunk) => {
      text += chunk;
      if (!text.includes('\n')) return;
      clearTimeout(late);
      // Neither the server nor its pipe may keep this process alive.
      child.unref();
      child.stdio[3].unref();
      resolve({ child, name: `:${text.trim()}` });
    });
  });
  return display.then(({ name }) => name);
}

/** Ends the virtual display, if one was started. */
export async function closeDisplay() {
  if (display) await stop((await display).child);
  display = undefined;
}

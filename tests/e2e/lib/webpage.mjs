// A real web page in a real browser: the MiniBrowser that comes with the web view of the window.

import { existsSync, openSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { virtualDisplay } from './display.mjs';
import { freePort, mortal, start, stop } from './processes.mjs';
import { Session, until } from './webdriver.mjs';
import { temporaryFolder } from './window.mjs';

/** Serves on loopback until it is closed; `answer` is the handler of `node:http`. */
export async function serveLocally(answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Path of the browser. */
function miniBrowser() {
  const found = readdirSync('/usr/lib', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join('/usr/lib', entry.name, 'webkit2gtk-4.1', 'MiniBrowser'))
    .find(existsSync);
  if (!found) throw new Error('there is no MiniBrowser; it comes with the package of WebKitGTK');
  return found;
}

/** Opens a page; `proxy` is asked for every name that is not this machine's. `close` ends the browser. */
export async function openPage(url, { proxy } = {}) {
  const home = temporaryFolder();
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    XDG_DATA_HOME: home,
    DISPLAY: await virtualDisplay(),
    GDK_BACKEND: 'x11',
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    NO_AT_BRIDGE: '1',
  };
  const port = await freePort();
  const driver = start('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], {
    env,
    log: openSync(join(home, 'browser.log'), 'a'),
  });
  try {
    const base = `http://127.0.0.1:${port}`;
    const args = ['--automation', ...(proxy ? [`--proxy=${proxy}`] : [])];
    await until(() => fetch(`${base}/status`).then((r) => r.ok), 'WebKitWebDriver', 10_000);
    const session = await Session.open(base, ...mortal(miniBrowser(), args), 60_000);
    await session.post('/url', { url });
    return {
      session,
      close: async () => {
        await session.close().catch(() => {});
        await stop(driver);
      },
    };
  } catch (error) {
    await stop(driver);
    throw error;
  }
}

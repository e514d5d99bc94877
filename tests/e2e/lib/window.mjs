// Opens the real window on a workspace of its own, with folders of its own, and closes it again.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { virtualDisplay } from './display.mjs';
import { freePort, mortal, start, stop } from './processes.mjs';
import { Session, until } from './webdriver.mjs';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

const targetFolder = process.env.PLUMBLINE_TARGET_DIR ?? join(root, 'target', 'debug');

/** Path of a built binary: `plumbline` or `plumbline-desktop`. */
export function binary(name) {
  const path = join(targetFolder, name);
  if (!existsSync(path)) throw new Error(`${path} is missing; build it with \`cargo build -p ${name}\``);
  return path;
}

/** A folder that goes when the test process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-e2e-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the command line with folders under `home`; throws with its output when it fails. */
export function cli(home, args, timeout = 120_000) {
  const done = spawnSync(binary('plumbline'), args, {
    env: environment(home),
    encoding: 'utf8',
    timeout,
  });
  if (done.status !== 0) {
    throw new Error(`plumbline ${args.join(' ')} -> ${done.status}\n${done.stdout}${done.stderr}`);
  }
  return done.stdout;
}

/**
 * Opens the window.
 * `workspace`: the file to open; `prompts`: a prompts folder; `pick`: what native dialogs that open answer; `save`: the
 * path that those which save answer.
 */
export async function openWindow({ home = temporaryFolder(), workspace, prompts, pick = [], save } = {}) {
  const args = ['--workspace', workspace ?? join(home, 'empty.db')];
  if (prompts) args.push('--prompts', prompts);
  const env = {
    ...environment(home),
    DISPLAY: await virtualDisplay(),
    TAURI_WEBVIEW_AUTOMATION: 'true',
    PLUMBLINE_PICK: pick.join(delimiter),
    ...(save ? { PLUMBLINE_SAVE: save } : {}),
  };
  const logFile = join(home, 'window.log');
  const port = await freePort();
  const driver = start('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], {
    env,
    log: openSync(logFile, 'a'),
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(() => fetch(`${url}/status`).then((r) => r.ok), 'WebKitWebDriver', 10_000);
    const session = await Session.open(url, ...mortal(binary('plumbline-desktop'), args), 60_000);
    return new Window(session, driver, home, logFile);
  } catch (error) {
    await stop(driver);
    throw new Error(`${error.message}\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
  }
}

/** The window under test. */
export class Window {
  constructor(session, driver, home, logFile) {
    Object.assign(this, { session, driver, home, logFile });
  }

  /** Goes to a route such as `/prompts` the way a link does. */
  async goto(route) {
    await this.session.evaluate((hash) => void (window.location.hash = hash), `#${route}`);
  }

  /** Types into the field whose label begins so, in place of what it holds. */
  async fill(label, text) {
    const mark = `e2e-${Math.random().toString(36).slice(2)}`;
    await this.session.evaluate(
      (label, mark) => {
        const known = [...document.querySelectorAll('label')].find((e) => e.innerText.startsWith(label));
        const field = document.getElementById(known.htmlFor);
        field.setAttribute('data-e2e', mark);
        field.focus();
        field.select();
      },
      label,
      mark,
    );
    await (await this.session.one(`[data-e2e="${mark}"]`)).type(text);
  }

  /** Waits until the visible text of the page, or of one element, contains `text`. */
  sees(text, css = 'body', timeoutMs = 15_000) {
    const probe = () =>
      this.session.evaluate(
        (css, text) => {
          // A line may break anywhere, and a figure holds its unit with a space that does not.
          const plain = (words) => words.replace(/\s+/g, ' ');
          return [...document.querySelectorAll(css)].some((e) => plain(e.innerText).includes(plain(text)));
        },
        css,
        text,
      );
    return until(probe, `the text "${text}" in ${css}`, timeoutMs);
  }

  /** Clicks the first visible button, link, tab or option whose name is or contains `name`. */
  async clickNamed(name, { css = 'button, a, [role=button], [role=tab], [role=option], [role=row]', timeoutMs } = {}) {
    const mark = `e2e-${Math.random().toString(36).slice(2)}`;
    const probe = () =>
      this.session.evaluate(
        (css, name, mark) => {
          const nameOf = (e) => (e.getAttribute('aria-label') ?? e.innerText ?? '').trim();
          const seen = [...document.querySelectorAll(css)].filter(
            (e) => e.getClientRects().length > 0 && !e.disabled,
          );
          const hit =
            seen.find((e) => nameOf(e) === name) ?? seen.find((e) => nameOf(e).includes(name));
          hit?.setAttribute('data-e2e', mark);
          return Boolean(hit);
        },
        css,
        name,
        mark,
      );
    // A page that is still laying itself out may move the thing away in between: then nothing was clicked.
    const missed = /element click intercepted|element not interactable|stale element reference/;
    await until(
      async () => {
        if (!(await probe())) return false;
        const [hit] = await this.session.all(`[data-e2e="${mark}"]`);
        if (!hit) return false;
        try {
          await hit.click();
          return true;
        } catch (error) {
          if (missed.test(error.message)) return false;
          throw error;
        }
      },
      `something to click named "${name}"`,
      timeoutMs,
    );
  }

  /** What the page was refused and what failed in it unseen, since it was loaded. */
  refusals() {
    return this.session.evaluate(() => window.__refusals);
  }

  /** The text of every problem that is on screen. */
  problems() {
    return this.session.evaluate(() =>
      [...document.querySelectorAll('[role=alert]')].map((e) => e.innerText).filter(Boolean),
    );
  }

  /** The address after `#`. */
  route() {
    return this.session.evaluate(() => window.location.hash.slice(1));
  }

  /** Opens a new workspace of the demo; its prompts are a copy in `promptsFolder`. */
  static async demo(options = {}) {
    const home = temporaryFolder();
    const workspace = join(home, 'demo.db');
    cli(home, ['demo', '--material', root, '--workspace', workspace]);
    const window = await openWindow({ home, workspace, ...options });
    window.promptsFolder = join(home, 'demo-prompts');
    return window;
  }

  /** Writes a screenshot below `shots/`. */
  async shot(name) {
    const path = join(root, 'tests', 'e2e', 'shots', `${name}.png`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await this.session.screenshot());
    return path;
  }

  /** What the window and its driver wrote. */
  log() {
    return readFileSync(this.logFile, 'utf8');
  }

  async close() {
    await this.session.close().catch(() => {});
    await stop(this.driver);
  }
}

function environment(home) {
  const folder = (name) => {
    const path = join(home, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  };
  const env = {
    ...process.env,
    HOME: folder('home'),
    XDG_DATA_HOME: folder('data'),
    XDG_CONFIG_HOME: folder('config'),
    XDG_CACHE_HOME: folder('cache'),
    XDG_RUNTIME_DIR: folder('runtime'),
    GDK_BACKEND: 'x11',
    // No session bus and no accessibility bridge: neither is asked for by what is tested here.
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    NO_AT_BRIDGE: '1',
    NO_COLOR: '1',
  };
  // A key of the person who runs the tests must not reach what is under test.
  for (const name of Object.keys(env)) {
    if (/(_API_KEY|_TOKEN)$|^PLUMBLINE_|^WAYLAND_DISPLAY$/.test(name)) delete env[name];
  }
  return env;
}

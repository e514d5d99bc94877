// Live traces in the real window: switched on by hand, followed as they come, gone when switched off.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeByHand } from '../lib/close.mjs';
import { closeDisplay } from '../lib/display.mjs';
import { exportOf } from '../lib/otlp.mjs';
import { freePort } from '../lib/processes.mjs';
import { until } from '../lib/webdriver.mjs';
import { cli, openWindow, temporaryFolder } from '../lib/window.mjs';

const SWITCH = { css: '[role=switch]' };

/** Whether something on this machine takes connections on a port. */
function listens(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });
}

after(closeDisplay);

describe('live intake', () => {
  let window;
  before(async () => {
    window = await openWindow({ prompts: temporaryFolder() });
    await window.goto('/traces?tab=live');
    await window.sees('OpenTelemetry receiver', 'main');
  });
  after(() => window?.close());

  /** The code lines of a panel, such as `OPENAI_BASE_URL=…`. */
  const lines = (panel) =>
    window.session.evaluate(
      (panel) => [...document.querySelectorAll(`section[aria-label="${panel}"] code`)].map((e) => e.innerText),
      panel,
    );

  async function typePort(port) {
    const field = await window.session.one('section[aria-label="OpenTelemetry receiver"] input');
    await window.session.evaluate(() => {
      const input = document.querySelector('section[aria-label="OpenTelemetry receiver"] input');
      input.focus();
      input.select();
    });
    await field.type(String(port));
  }

  const post = (url, body) =>
    fetch(`${url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

  test('a port that another program holds is named, with what to do', async () => {
    const other = createServer();
    await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address();
    try {
      await typePort(port);
      await window.clickNamed('Receive spans', SWITCH);
      await window.sees(`port ${port} of this machine is taken by another program`, '[role=alert]');
      await window.sees('choose another port', '[role=alert]');
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  test('an export shows up in the list and in the figures, and after the switch nobody listens', async () => {
    const port = await freePort();
    assert.equal(await listens(port), false);
    await typePort(port);
    await window.clickNamed('Receive spans', SWITCH);
    const endpoint = await until(
      async () => (await lines('OpenTelemetry receiver')).find((line) => line.includes('ENDPOINT=')),
      'the endpoint',
    );
    assert.equal(endpoint, `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${port}`);
    assert.deepEqual(await window.problems(), [], 'the earlier problem is over');
    const url = endpoint.split('=')[1];
    for (let n = 0; n < 2; n += 1) {
      const answer = await post(url, exportOf({ name: 'live greeting', text: 'Guten Tag' }));
      assert.equal(answer.status, 200, await answer.text());
    }
    assert.equal((await post(url, '{')).status, 400);
    const figures = 'section[aria-label="OpenTelemetry receiver"]';
    await window.sees('Spans stored 1 Duplicate 1 Quarantined 0 Requests refused 1', figures);
    await window.sees('live greeting', '[role=listbox][aria-label="Traces"]');
    await window.sees(`Listening on ${url}`, 'footer');
    await window.goto('/traces');
    await window.sees('listening', 'main');
    await window.goto('/traces?tab=live');
    await window.clickNamed('Receive spans', SWITCH);
    await until(async () => !(await listens(port)), 'nobody on the port');
    assert.equal(await listens(port, '::1'), false);
    await window.sees('Stopped listening', '.notices');
    await window.sees('4318 is the port of OTLP', figures);
    await window.goto('/traces');
    await window.sees('1 duplicate', 'main');
    assert.deepEqual(await window.problems(), []);
  });

  test('the proxy gives addresses of one run, and passes nothing on without its token', async () => {
    await window.goto('/traces');
    await window.sees('1 duplicate', 'main');
    await window.session.press('v');
    await until(async () => (await window.route()).endsWith('tab=live'), 'the tab by its key');
    await window.clickNamed('Record calls', SWITCH);
    const first = await until(async () => {
      const found = await lines('Recording proxy');
      return found.length === 2 && found;
    }, 'both base URLs');
    assert.match(first[0], /^OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/openai\/v1$/);
    assert.match(first[1], /^ANTHROPIC_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/anthropic$/);
    await window.sees('keep them as you keep a key', 'main');
    const origin = new URL(first[0].split('=')[1]).origin;
    const answer = await fetch(`${origin}/${'0'.repeat(32)}/openai/v1/models`);
    assert.ok(answer.status === 401 || answer.status === 403 || answer.status === 404, `${answer.status}`);
    await window.sees('Requests refused 1', 'section[aria-label="Recording proxy"]');
    await window.clickNamed('Record calls', SWITCH);
    await until(async () => !(await listens(Number(new URL(origin).port))), 'nobody on the port');
    await window.clickNamed('Record calls', SWITCH);
    const second = await until(async () => {
      const found = await lines('Recording proxy');
      return found.length === 2 && found;
    }, 'both base URLs again');
    assert.notEqual(second[0].split('/')[3], first[0].split('/')[3], 'a token serves one run');
    assert.deepEqual(await window.refusals(), []);
  });
});

describe('closing the window', () => {
  test('answers who is being served, closes the import and frees the port', async () => {
    const home = temporaryFolder();
    const workspace = join(home, 'closing.db');
    const window = await openWindow({ home, workspace, prompts: temporaryFolder() });
    try {
      const port = await freePort();
      await window.session.evaluateAsync(
        (port) => window.__TAURI_INTERNALS__.invoke('listen_switch_on', { intake: 'receiver', port }),
        port,
      );
      const body = exportOf({ name: 'last words', text: 'hello' });
      const socket = connect({ port, host: '127.0.0.1' });
      let answer = '';
      socket.on('data', (data) => (answer += data));
      const ended = once(socket, 'close');
      const head = [`POST /v1/traces HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Content-Type: application/json'];
      head.push(`Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body.slice(0, 80));
      socket.write(head.join('\r\n'));
      const waits = () =>
        window.session.evaluateAsync(async () => {
          const [live] = await window.__TAURI_INTERNALS__.invoke('listen_list');
          return live.waiting_bytes > 0;
        });
      await until(waits, 'the request to be seen');
      await closeByHand('Plumbline');
      await until(async () => !(await listens(port)), 'nobody else to be let in');
      socket.write(body.slice(80));
      await ended;
      assert.match(answer, /^HTTP\/1\.1 200 /);
      const { rows } = JSON.parse(cli(home, ['trace', 'list', '--json', '--workspace', workspace]));
      assert.deepEqual(rows.map((row) => row.name), ['last words']);
    } finally {
      await window.close();
    }
  });
});

// A page of another origin, in a real browser, against the ports that listen: it stores nothing and spends nothing.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { closeDisplay } from '../lib/display.mjs';
import { exportOf } from '../lib/otlp.mjs';
import { mortal } from '../lib/processes.mjs';
import { openPage, serveLocally } from '../lib/webpage.mjs';
import { binary, cli, temporaryFolder } from '../lib/window.mjs';

/** Everything a page can send without asking anybody, to `base` followed by each of `paths`. Runs in the page. */
async function attack(base, paths, body) {
  const settled = (element, run) =>
    new Promise((resolve) => {
      element.onload = element.onerror = () => resolve();
      setTimeout(resolve, 1500);
      run(element);
      document.body.append(element);
    });
  const sent = [];
  const note = async (name, work) => {
    let outcome = 'opaque';
    try {
      outcome = (await work()) ?? 'opaque';
    } catch {
      outcome = 'refused';
    }
    sent.push(`${name}: ${outcome}`);
  };
  const form = (url, enctype, referrer) => {
    const frame = document.createElement('iframe');
    frame.name = `frame${Math.random()}`;
    const made = document.createElement('form');
    Object.assign(made, { method: 'POST', action: url, target: frame.name, enctype });
    const field = document.createElement('input');
    // A form of plain text writes name=value: the equals sign hides in a string.
    Object.assign(field, { name: `${body.slice(0, -1)},"x":"`, value: '"}' });
    made.append(field);
    if (referrer) document.head.append(Object.assign(document.createElement('meta'), { name: 'referrer', content: referrer }));
    document.body.append(made);
    return settled(frame, () => setTimeout(() => made.submit()));
  };
  for (const url of paths.map((path) => base + path)) {
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
      for (const mode of ['cors', 'no-cors']) {
        await note(`${mode} POST ${type}`, async () => {
          const answer = await fetch(url, { method: 'POST', mode, body, headers: { 'content-type': type } });
          return answer.type === 'opaque' ? 'opaque' : `read ${answer.status}`;
        });
      }
    }
    await note('no-cors GET', () => fetch(url, { mode: 'no-cors' }).then((a) => a.type));
    await note('GET without referrer', () => fetch(url, { mode: 'no-cors', referrerPolicy: 'no-referrer' }).then((a) => a.type));
    await note('beacon', () => void navigator.sendBeacon(url, new Blob([body], { type: 'text/plain' })));
    await note('image', () => settled(new Image(), (e) => (e.src = url)));
    await note('script', () => settled(document.createElement('script'), (e) => (e.src = url)));
    await note('frame', () => settled(document.createElement('iframe'), (e) => (e.src = url)));
    await note('form, plain', () => form(url, 'text/plain'));
    await note('form, encoded', () => form(url, 'application/x-www-form-urlencoded'));
    await note('form, no referrer', () => form(url, 'text/plain', 'no-referrer'));
    await note('form of a page without origin', () =>
      settled(document.createElement('iframe'), (e) => {
        e.setAttribute('sandbox', 'allow-scripts allow-forms');
        const script = `fetch(${JSON.stringify(url)},{method:'POST',mode:'no-cors',body:${JSON.stringify(body)}})`;
        e.srcdoc = `<script>${script.replaceAll('</', '<\\/')}</script>`;
      }),
    );
  }
  return sent;
}

describe('a web page', { timeout: 300_000 }, () => {
  let workspace, home, program, listening, upstream, site, page;
  const passed = [];

  before(async () => {
    home = temporaryFolder();
    workspace = join(home, 'page.db');
    upstream = await serveLocally((request, response) => {
      passed.push(`${request.method} ${request.url}`);
      response.setHeader('content-type', 'application/json').end('{"id":"paid","object":"chat.completion","choices":[]}');
    });
    site = await serveLocally((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title><body>page</body>');
    });
    const address = `http://127.0.0.1:${upstream.port}`;
    const args = ['listen', '--json', '--port', '0', '--workspace', workspace, '--proxy'];
    args.push('--openai-upstream', address, '--anthropic-upstream', address);
    program = spawn(...mortal(binary('plumbline'), args), { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: program.stdout }), 'line');
    listening = JSON.parse(line);
    page = await openPage(`http://127.0.0.1:${site.port}/`);
  });
  after(async () => {
    await page?.close();
    program?.kill('SIGINT');
    await upstream?.close();
    await site?.close();
    await closeDisplay();
  });

  const send = (base, paths, body = exportOf({ name: 'forged', text: 'forged' })) =>
    page.session.evaluateAsync(attack, base, paths, body);
  /** Traces in the workspace, as the command line counts them. */
  const stored = () => {
    const { rows } = JSON.parse(cli(home, ['trace', 'list', '--json', '--workspace', workspace]));
    return rows.length;
  };
  const host = () => new URL(listening.listening).host;

  for (const name of ['127.0.0.1', 'localhost']) {
    test(`reaches a server at ${name} that does not look who asks: these are real requests`, async () => {
      const seen = [];
      const open = await serveLocally((request, response) => {
        seen.push(`${request.method} ${request.headers['content-type'] ?? ''}`.trim());
        response.end('{}');
      });
      const sent = await send(`http://${name}:${open.port}`, ['/v1/traces']);
      await open.close();
      assert.equal(sent.length, 16, sent.join('\n'));
      assert.ok(seen.filter((line) => line.startsWith('POST text/plain')).length >= 4, seen.join('\n'));
      assert.ok(seen.filter((line) => line.startsWith('GET')).length >= 5, seen.join('\n'));
    });
  }

  test('creates no span and reads no answer', async () => {
    for (const base of [`http://${host()}`, `http://localhost:${new URL(listening.listening).port}`]) {
      const sent = await send(base, ['/v1/traces', '/v1/logs']);
      assert.deepEqual(sent.filter((line) => line.includes('read ')), [], base);
    }
    assert.equal(stored(), 0);
  });

  test('whose own name came to mean this machine reaches nothing either', async () => {
    // What a hostile DNS server does, done by a proxy: the name goes to the port that listens, `Host` stays.
    const { port } = new URL(listening.listening);
    const answers = [];
    const rebinding = await serveLocally((request, response) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/page') {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title><body>page</body>');
        return;
      }
      const { method, headers } = request;
      const on = httpRequest({ host: '127.0.0.1', port, path: pathname, method, headers }, (answer) => {
        answers.push(`${method} ${answer.statusCode}`);
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      on.on('error', () => response.destroy());
      request.pipe(on);
    });
    const name = `http://rebound.example:${port}`;
    const rebound = await openPage(`${name}/page`, { proxy: `http://127.0.0.1:${rebinding.port}` });
    try {
      const body = exportOf({ name: 'forged', text: 'forged' });
      const token = new URL(listening.proxy.openai).pathname;
      const paths = ['/v1/traces', `${token}/chat/completions`];
      const sent = await rebound.session.evaluateAsync(attack, name, paths, body);
      // Of the same origin, so the page reads the answer: it is a refusal.
      assert.ok(sent.includes('cors POST application/json: read 421'), sent.join('\n'));
      assert.ok(answers.length > 10, answers.join('\n'));
      assert.deepEqual(answers.filter((line) => !line.endsWith(' 421')), []);
    } finally {
      await rebound.close();
      await rebinding.close();
    }
    assert.deepEqual(passed, []);
    assert.equal(stored(), 0);
  });

  test('makes no call through the proxy, even where it learnt the token', async () => {
    const { pathname: openai } = new URL(listening.proxy.openai);
    const { pathname: anthropic } = new URL(listening.proxy.anthropic);
    const call = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'spend' }] });
    await send(`http://${host()}`, ['/openai/v1/chat/completions', `/${'0'.repeat(32)}/openai/v1/models`], call);
    await send(`http://${host()}`, [`${openai}/chat/completions`, `${anthropic}/v1/messages`], call);
    assert.deepEqual(passed, []);
    assert.equal(stored(), 0);
  });

  test('is what was refused: a program with the same request is answered', async () => {
    const answer = await fetch(`${listening.proxy.openai}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }),
    });
    assert.equal(answer.status, 200);
    assert.equal(passed.length, 1);
    const exported = await fetch(`${listening.listening}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: exportOf({ name: 'real', text: 'real' }),
    });
    assert.equal(exported.status, 200);
    assert.ok(stored() >= 1);
  });
});

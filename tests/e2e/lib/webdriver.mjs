// A small WebDriver client over `fetch`: only the commands these tests use.
// https://www.w3.org/TR/webdriver2/

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** Code points of keys that have no character. */
export const Key = {
  Control: '\uE009',
  Shift: '\uE008',
  Alt: '\uE00A',
  Enter: '\uE007',
  Escape: '\uE00C',
  Tab: '\uE004',
  Backspace: '\uE003',
  ArrowUp: '\uE013',
  ArrowDown: '\uE015',
  ArrowLeft: '\uE012',
  ArrowRight: '\uE014',
  Home: '\uE011',
  End: '\uE010',
};

/** One element of the page. */
export class Element {
  constructor(session, id) {
    this.session = session;
    this.id = id;
  }

  #at(path) {
    return `/element/${this.id}/${path}`;
  }

  click() {
    return this.session.post(this.#at('click'), {});
  }

  text() {
    return this.session.get(this.#at('text'));
  }

  type(text) {
    return this.session.post(this.#at('value'), { text });
  }

  toJSON() {
    return { [ELEMENT]: this.id };
  }
}

/** One session with one window. */
export class Session {
  constructor(base, timeoutMs) {
    this.base = base;
    this.timeoutMs = timeoutMs;
  }

  /** Opens a session; the driver starts `binary` itself. */
  static async open(driverUrl, binary, args, timeoutMs = 30_000) {
    const capabilities = {
      alwaysMatch: { 'webkitgtk:browserOptions': { binary, args } },
    };
    const { sessionId } = await send(`${driverUrl}/session`, 'POST', { capabilities }, timeoutMs);
    return new Session(`${driverUrl}/session/${sessionId}`, timeoutMs);
  }

  get(path) {
    return send(this.base + path, 'GET', undefined, this.timeoutMs);
  }

  post(path, body) {
    return send(this.base + path, 'POST', body, this.timeoutMs);
  }

  close() {
    return send(this.base, 'DELETE', undefined, 5_000);
  }

  /** Runs a function in the page with plain arguments and returns its plain result. */
  evaluate(run, ...args) {
    const script = `return (${run}).apply(null, arguments)`;
    return this.post('/execute/sync', { script, args });
  }

  /** Like `evaluate`, for a function that returns a promise. */
  evaluateAsync(run, ...args) {
    const script = `
      const done = arguments[arguments.length - 1];
      const given = [...arguments].slice(0, -1);
      Promise.resolve((${run}).apply(null, given)).then(
        (value) => done({ value }),
        (error) => done({ error: String(error?.message ?? error) }),
      );`;
    return this.post('/execute/async', { script, args }).then(({ value, error }) => {
      if (error !== undefined) throw new Error(`in the page: ${error}`);
      return value;
    });
  }

  async elements(using, value) {
    const found = await this.post('/elements', { using, value });
    return found.map((entry) => new Element(this, entry[ELEMENT]));
  }

  /** Every element that matches a CSS selector. */
  all(css) {
    return this.elements('css selector', css);
  }

  /** The first element that matches a CSS selector, waited for. */
  one(css, timeoutMs) {
    return until(async () => (await this.all(css))[0], `an element ${css}`, timeoutMs);
  }

  /** Presses keys one after another; keys inside an inner array are held together. */
  async press(...steps) {
    const actions = steps.flatMap((step) => {
      const keys = Array.isArray(step) ? step : [step];
      const down = keys.map((value) => ({ type: 'keyDown', value }));
      const up = keys.toReversed().map((value) => ({ type: 'keyUp', value }));
      return [...down, ...up];
    });
    await this.post('/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** The window as a PNG. */
  async screenshot() {
    return Buffer.from(await this.get('/screenshot'), 'base64');
  }

  resize(width, height) {
    return this.post('/window/rect', { x: 0, y: 0, width, height });
  }
}

/** Asks again and again until `probe` answers something truthy, or fails naming what was awaited. */
export async function until(probe, what, timeoutMs = 15_000) {
  const end = Date.now() + timeoutMs;
  let last;
  for (;;) {
    try {
      const answer = await probe();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${timeoutMs} ms for ${what}${last ? `; last: ${last.message}` : ''}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

async function send(url, method, body, timeoutMs) {
  const response = await fetch(url, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value?.error ?? response.status}: ${value?.message ?? ''}`);
  return value;
}

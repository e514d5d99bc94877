/**
 * The address of what is on screen: `#/screen/segment?param=value`. Selection, filters and sort live
 * here, so back, forward and a copied link work. Knows nothing of what the segments mean.
 */
export interface Route {
  screen: string;
  /** Path after the screen, decoded. */
  rest: string[];
  params: Record<string, string>;
}

type Params = Record<string, string | number | null | undefined>;

/** Params that open a detail inside a screen; Esc closes them before it leaves the page. */
const DETAIL = ['span', 'cell', 'row'];

export function parseHash(hash: string): Route {
  const [path = '', search = ''] = splitOnce(hash.replace(/^#\/?/, ''), '?');
  const [screen = '', ...rest] = path.split('/').filter(Boolean).map(decode);
  return { screen, rest, params: Object.fromEntries(new URLSearchParams(search)) };
}

/** Builds a hash link: `href('traces', [id], { span })`. Empty params are left out. */
export function href(screen: string, rest: string[] = [], params: Params = {}): string {
  const path = [screen, ...rest].map(encodeURIComponent).join('/');
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value != null && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return `#/${path}${text ? `?${text}` : ''}`;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

class Router {
  route = $state.raw<Route>(parseHash(''));

  /** Follows the address bar until the returned function is called. */
  start(): () => void {
    const read = () => (this.route = parseHash(location.hash));
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }

  go(to: string, { replace = false } = {}): void {
    if (to === location.hash) return;
    if (replace) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    this.route = parseHash(to);
  }

  /** Changes some params of the current address; null removes one. */
  set(params: Params, options?: { replace?: boolean }): void {
    const { screen, rest } = this.route;
    this.go(href(screen, rest, { ...this.route.params, ...params }), options);
  }

  /** One level back out: close the open detail, else the opened thing. False when already at the top. */
  up(): boolean {
    const { screen, rest, params } = this.route;
    const open = DETAIL.find((name) => name in params);
    if (open) {
      this.set({ [open]: null });
      return true;
    }
    if (rest.length > 0) {
      this.go(href(screen));
      return true;
    }
    return false;
  }
}

export const router = new Router();

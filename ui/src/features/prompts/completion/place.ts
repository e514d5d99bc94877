/** Where in a prompt file a place is: the front matter, the text of a message, or inside a tag of its template. */

export type Place =
  | { part: 'front' }
  /** Text of a message. */
  | { part: 'text' }
  /** Between `{{ … }}` or `{% … %}`; `inside` is what stands between the opening and the place. */
  | { part: 'tag'; tag: 'expression' | 'statement'; inside: string }
  /** A remark or a string: nothing is completed there. */
  | { part: 'quiet' };

/** What is looked at before a place, and the longest tag that anyone types. */
const MOST_TEXT = 50_000;
const MOST_TAG = 2_000;

/** Where the text below the front matter starts; the whole is front matter while it is not closed. */
export function bodyStart(text: string): number {
  const opened = /^\ufeff?---[ \t]*\r?\n/.exec(text);
  if (!opened) return 0;
  const close = /^---[ \t]*$/gm;
  close.lastIndex = opened[0].length;
  const closed = close.exec(text);
  return closed ? closed.index + closed[0].length : text.length;
}

/** The message that a place of the body stands in, up to the place: templates do not see each other. */
export function messageBefore(text: string, at: number, markers: readonly string[]): string {
  const start = Math.max(bodyStart(text), at - MOST_TEXT);
  const before = text.slice(start, at);
  const lines = before.split('\n');
  const marker = lines.slice(0, -1).findLastIndex((line) => markers.includes(line.trimEnd()));
  return lines.slice(marker + 1).join('\n');
}

export function placeAt(text: string, at: number, markers: readonly string[]): Place {
  const start = bodyStart(text);
  if (start > 0 && at <= start) return { part: 'front' };
  const before = messageBefore(text, at, markers);
  const open = /\{([{%#])[-+]?/g;
  for (let found = open.exec(before); found; found = open.exec(before)) {
    const kind = found[1];
    const from = found.index + found[0].length;
    const end = kind === '#' ? before.indexOf('#}', from) : endOfTag(before, from, kind);
    if (end === 'string' || (end === -1 && before.length - from > MOST_TAG))
      return { part: 'quiet' };
    if (end === -1) {
      if (kind === '#') return { part: 'quiet' };
      const tag = kind === '%' ? 'statement' : 'expression';
      return { part: 'tag', tag, inside: before.slice(from) };
    }
    open.lastIndex = end + 2;
  }
  return { part: 'text' };
}

/** Where a tag closes: −1 when it does not, `string` when its text ends inside of one. */
function endOfTag(text: string, from: number, kind: string | undefined): number | 'string' {
  const close = kind === '%' ? '%}' : '}}';
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote) {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (text.startsWith(close, at)) return at;
  }
  return quote ? 'string' : -1;
}

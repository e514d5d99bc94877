/** Names that a template has given itself at a place: those of loops, of `set`, `with` and macros. */

export interface ScopeName {
  name: string;
  /** What gave it, in a word or two. */
  from: string;
}

/** What each statement that opens a scope is closed by. */
const ENDS: Record<string, string> = {
  for: 'endfor',
  with: 'endwith',
  macro: 'endmacro',
  if: 'endif',
  filter: 'endfilter',
  call: 'endcall',
};
const MOST_NAMES = 200;
const MOST_STATEMENT = 2_000;

/** `before` is the template up to the place. */
export function scopeAt(before: string): ScopeName[] {
  const scopes: { end: string; names: ScopeName[] }[] = [{ end: '', names: [] }];
  for (let at = before.indexOf('{%'); at >= 0; at = before.indexOf('{%', at)) {
    const close = before.indexOf('%}', at);
    if (close < 0) break;
    const statement = before.slice(at + 2, Math.min(close, at + MOST_STATEMENT));
    const [, word = '', rest = ''] = /^[-+]?\s*(\w+)\s*(.*)$/s.exec(statement) ?? [];
    at = close + 2;
    const end = ENDS[word];
    if (end !== undefined) scopes.push({ end, names: namesOf(word, rest) });
    else if (word === 'set') scopes.at(-1)?.names.push(...namesOf(word, rest));
    else if (word.startsWith('end')) {
      const opened = scopes.findLastIndex((scope) => scope.end === word);
      if (opened > 0) scopes.length = opened;
    }
  }
  // The innermost of a name counts, and stands first.
  const seen = new Map<string, ScopeName>();
  for (const found of scopes.flatMap((scope) => scope.names).reverse()) {
    if (!seen.has(found.name) && seen.size < MOST_NAMES) seen.set(found.name, found);
  }
  return [...seen.values()];
}

function namesOf(word: string, rest: string): ScopeName[] {
  const identifiers = (text: string) => text.match(/\b[A-Za-z_]\w{0,63}\b/g) ?? [];
  switch (word) {
    case 'for': {
      const [targets = '', list = ''] = rest.split(/\sin\s/, 2);
      const of = `each of ${(/^[\w.]+/.exec(list.trim())?.[0] ?? 'a list').slice(0, 40)}`;
      const names = identifiers(targets).map((name) => ({ name, from: of }));
      return [{ name: 'loop', from: 'of the loop' }, ...names];
    }
    case 'set':
      return identifiers(rest.split('=', 1)[0] ?? '').map((name) => ({ name, from: 'set here' }));
    case 'with':
      return [...rest.matchAll(/([A-Za-z_]\w{0,63})\s*=(?!=)/g)].map(([, name = '']) => ({
        name,
        from: 'with',
      }));
    case 'macro':
      return identifiers(/\(([^)]*)\)/.exec(rest)?.[1] ?? '').map((name) => ({
        name,
        from: 'of the macro',
      }));
    default:
      return [];
  }
}

/** What can be written at a place of the front matter: keys of its level, or values of its key. */
import type { PromptLanguage } from '$lib/bindings/PromptLanguage';

export interface FrontMatterPlace {
  /** Keys above the place, outermost first; `-` is an item of a list. */
  path: string[];
  /** The key whose value is typed; null while a key is. */
  key: string | null;
  /** What is typed of it so far. */
  typed: string;
}

/** What is longer is no line that anyone types. */
const MOST_LINE = 1_000;
const KEY = /^( *)(- +)?(?:["']?([\w.-]+)["']?:(?=\s|$))?/;

/** `lines` are those of the front matter up to the place, the last one cut off there. */
export function frontMatterPlace(lines: readonly string[]): FrontMatterPlace | null {
  const line = lines.at(-1) ?? '';
  if (line.length > MOST_LINE || line.trimStart().startsWith('#')) return null;
  const above = lines.slice(0, -1);
  const open = openBracket(line);
  if (open !== null) {
    const owner = frontMatterPlace([...above, line.slice(0, open.at)]);
    if (!owner) return null;
    const path = owner.key === null ? [...owner.path] : [...owner.path, owner.key];
    // `[{` and `- {` open an item of a list; a name alone is one too.
    path.push(...open.items);
    return open.braced ? member(path, open.rest) : null;
  }
  const [, blanks = '', dash = ''] = KEY.exec(line) ?? [];
  const rest = line.slice(blanks.length + dash.length);
  const path = parents(above, blanks.length, dash !== '');
  if (dash !== '') path.push('-');
  return member(path, rest);
}

function member(path: string[], rest: string): FrontMatterPlace | null {
  const found = /^\s*(?:["']?([\w.-]+)["']?:\s+)?([\w.:/-]*)$/.exec(rest);
  return found ? { path, key: found[1] ?? null, typed: found[2] ?? '' } : null;
}

/** The bracket of a collection on one line that is still open, and what was typed of its last member. */
function openBracket(line: string) {
  const open: { at: number; braced: boolean; start: number }[] = [];
  for (const { index, 0: sign } of line.matchAll(/[[\]{},]|"(?:[^"\\]|\\.)*"/g)) {
    if (sign === '[' || sign === '{') {
      open.push({ at: index, braced: sign === '{', start: index + 1 });
    } else if (sign === ']' || sign === '}') open.pop();
    else if (sign === ',') {
      const last = open.at(-1);
      if (last) last.start = index + 1;
    }
  }
  const last = open.at(-1);
  const outer = open.at(-2);
  if (!last) return null;
  const inList = outer !== undefined && !outer.braced;
  return {
    at: inList ? outer.at : last.at,
    braced: last.braced,
    rest: line.slice(last.start),
    items: inList ? ['-'] : [],
  };
}

/** Keys that the lines above open for a line of that depth. */
function parents(above: readonly string[], depth: number, isItem: boolean): string[] {
  const path: string[] = [];
  let limit = depth;
  let ofItem = isItem;
  for (const line of [...above].reverse()) {
    if (limit === 0 && !ofItem) break;
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const [, blanks = '', dash = '', key] = KEY.exec(line) ?? [];
    const own = blanks.length + dash.length;
    if (dash !== '') {
      if (key !== undefined && own < limit) path.unshift(key);
      if (blanks.length < limit) {
        path.unshift('-');
        limit = blanks.length;
        ofItem = true;
      }
    } else if (key !== undefined && (own < limit || (ofItem && own === limit))) {
      path.unshift(key);
      limit = own;
      ofItem = false;
    }
  }
  return path;
}

/** The keys of a level; nothing where anything may stand. */
export function keysOf(path: readonly string[], language: PromptLanguage): readonly string[] {
  const [head, ...rest] = path;
  if (head === undefined) return language.keys.map((key) => key.word);
  if (head === 'variables') {
    if (rest.length > 1) return rest.at(-1) === 'trim' ? language.trim_keys : [];
    return rest.length === 1 ? language.variable_keys : [];
  }
  if (head === 'tools') return rest.join() === '-' ? language.tool_keys : [];
  if (head === 'budget' && rest[0] === 'sections') {
    if (rest.length === 2) return language.section_keys;
    return rest.at(-1) === 'trim' ? language.trim_keys : [];
  }
  if (rest.length > 0) return [];
  if (head === 'budget') return language.budget_keys;
  return head === 'parameters' ? language.parameter_keys : [];
}

/** The values of a key, where only some can stand. */
export function valuesOf(place: FrontMatterPlace, language: PromptLanguage): readonly string[] {
  const [head, ...rest] = place.path;
  if (head === undefined) return place.key === 'model' ? language.models : [];
  if (place.key === 'policy' && rest.at(-1) === 'trim') return language.trim_policies;
  if (head === 'budget' && rest[0] === 'sections') {
    return place.key === 'trim' ? language.trim_policies : [];
  }
  if (head === 'budget') return place.key === 'when_over' ? language.when_over : [];
  if (head !== 'variables') return [];
  if (rest.length !== 1) return [];
  if (place.key === 'type') return language.types;
  return place.key === 'trim' ? language.trim_policies : [];
}

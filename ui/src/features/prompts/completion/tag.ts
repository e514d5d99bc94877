/** Which words can stand inside a tag of a template, by what was typed of it. */

export type Wanted = 'statements' | 'filters' | 'tests' | 'names' | 'loop';

/** Null where a new name is made or a member is named: nobody can know those. */
export function wantedIn(tag: 'expression' | 'statement', inside: string): Wanted | null {
  const before = inside.replace(/\w*$/, '');
  const trimmed = before.trimEnd();
  if (tag === 'statement') {
    if (trimmed === '') return 'statements';
    if (/^\s*filter$/.test(trimmed)) return 'filters';
    if (/^\s*(?:set|macro)$/.test(trimmed)) return null;
    if (/^\s*for\b/.test(before) && !/\sin\s/.test(before)) return null;
  }
  if (/(?:^|[^\w.])loop\.$/.test(before)) return 'loop';
  if (trimmed.endsWith('.')) return null;
  if (trimmed.endsWith('|')) return 'filters';
  return /\bis(?:\s+not)?\s+$/.test(before) ? 'tests' : 'names';
}

/** An edit as a kind of change: `edit:[PATH ]"OLD" → "NEW"`, both quoted as JSON. */
export interface Edit {
  /** Where in a JSON answer; null in a text. */
  path: string | null;
  removed: string;
  added: string;
}

/** Longer words are shown as they are; no pattern runs over them. */
const LONGEST = 4000;
const BOTH = /("(?:[^"\\]|\\.)*") → ("(?:[^"\\]|\\.)*")$/;

export function editOf(kind: string): Edit | null {
  if (!kind.startsWith('edit:') || kind.length > LONGEST) return null;
  const rest = kind.slice('edit:'.length);
  const match = BOTH.exec(rest);
  if (!match) return null;
  const path = rest.slice(0, match.index).trimEnd();
  const [removed, added] = [unquoted(match[1]), unquoted(match[2])];
  return removed === null || added === null ? null : { path: path || null, removed, added };
}

function unquoted(text: string | undefined): string | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

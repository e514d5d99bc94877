/** Rows of a diff as running text: what went and what came stand where they stand, what stayed stands once. */
import type { DiffRow } from '$lib/bindings/DiffRow';
import type { OutputDiff } from '$lib/bindings/OutputDiff';
import type { Piece } from '$lib/bindings/Piece';

export type InlineLine =
  | { kind: 'text'; changed: boolean; pieces: Piece[] }
  | { kind: 'skip'; rows: number }
  | { kind: 'omitted'; rows: number };

/** What came goes before the part that stayed, behind what went. */
function merged(row: DiffRow): Piece[] {
  if (row.tag === 'equal') return row.b;
  if (row.tag === 'removed') return row.a;
  if (row.tag === 'added') return row.b;
  const pieces: Piece[] = [];
  const old = [...row.a];
  let rest = [...row.b];
  while (old.length > 0 || rest.length > 0) {
    while (old[0] && old[0].emphasis !== 'same') pieces.push(old.shift() as Piece);
    while (rest[0] && rest[0].emphasis !== 'same') pieces.push(rest.shift() as Piece);
    const stayed = old.shift();
    if (!stayed) {
      // Both sides hold the same unchanged text: what is left of it is already there.
      rest = rest.filter((piece) => piece.emphasis !== 'same');
      continue;
    }
    pieces.push(stayed);
    rest = without(rest, stayed.text.length);
  }
  return pieces;
}

/** Takes so many characters of unchanged text from the front. */
function without(pieces: Piece[], characters: number): Piece[] {
  const out = [...pieces];
  let left = characters;
  while (left > 0 && out[0]?.emphasis === 'same') {
    const first = out.shift() as Piece;
    if (first.text.length > left) out.unshift({ ...first, text: first.text.slice(left) });
    left -= first.text.length;
  }
  return out;
}

export function inlineLines(diff: OutputDiff): InlineLine[] {
  const lines: InlineLine[] = [];
  for (const hunk of diff.hunks) {
    if (hunk.skipped_before > 0) lines.push({ kind: 'skip', rows: hunk.skipped_before });
    for (const row of hunk.rows) {
      lines.push({ kind: 'text', changed: row.tag !== 'equal', pieces: merged(row) });
    }
  }
  if (diff.skipped_after > 0) lines.push({ kind: 'skip', rows: diff.skipped_after });
  if (diff.rows_omitted > 0) lines.push({ kind: 'omitted', rows: diff.rows_omitted });
  return lines;
}

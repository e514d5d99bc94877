/** Rows of a diff laid out for the screen: a changed pair is two lines unified, one line side by side. */
import type { Piece } from '$lib/bindings/Piece';
import type { TextDiff } from '$lib/bindings/TextDiff';

export interface Half {
  line: number | null;
  sign: '' | '−' | '+';
  pieces: Piece[];
}

export type DiffLine =
  | { kind: 'skip'; rows: number }
  | { kind: 'omitted'; rows: number }
  | {
      kind: 'unified';
      aLine: number | null;
      bLine: number | null;
      sign: '' | '−' | '+';
      pieces: Piece[];
    }
  | { kind: 'split'; a: Half | null; b: Half | null };

export function unifiedLines(diff: TextDiff): DiffLine[] {
  return layOut(diff, (rows) => {
    const lines: DiffLine[] = [];
    // Within a block of changes all that went stands before all that came, as in any patch.
    let came: DiffLine[] = [];
    const flush = () => {
      lines.push(...came);
      came = [];
    };
    for (const row of rows) {
      if (row.tag === 'equal') {
        flush();
        lines.push(unified(row.a_line, row.b_line, '', row.b));
        continue;
      }
      if (row.tag !== 'added') lines.push(unified(row.a_line, null, '−', row.a));
      if (row.tag !== 'removed') came.push(unified(null, row.b_line, '+', row.b));
    }
    flush();
    return lines;
  });
}

export function splitLines(diff: TextDiff): DiffLine[] {
  return layOut(diff, (rows) =>
    rows.map((row) => ({
      kind: 'split',
      a:
        row.tag === 'added'
          ? null
          : { line: row.a_line, sign: row.tag === 'equal' ? '' : '−', pieces: row.a },
      b:
        row.tag === 'removed'
          ? null
          : { line: row.b_line, sign: row.tag === 'equal' ? '' : '+', pieces: row.b },
    })),
  );
}

function unified(
  aLine: number | null,
  bLine: number | null,
  sign: '' | '−' | '+',
  pieces: Piece[],
): DiffLine {
  return { kind: 'unified', aLine, bLine, sign, pieces };
}

type Rows = TextDiff['hunks'][number]['rows'];

function layOut(diff: TextDiff, block: (rows: Rows) => DiffLine[]): DiffLine[] {
  const lines: DiffLine[] = [];
  for (const hunk of diff.hunks) {
    if (hunk.skipped_before > 0) lines.push({ kind: 'skip', rows: hunk.skipped_before });
    lines.push(...block(hunk.rows));
  }
  if (diff.skipped_after > 0) lines.push({ kind: 'skip', rows: diff.skipped_after });
  if (diff.rows_omitted > 0) lines.push({ kind: 'omitted', rows: diff.rows_omitted });
  return lines;
}

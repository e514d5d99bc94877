import { answerDiff } from '$lib/host/fixtures/compare';
import { describe, expect, it } from 'vitest';
import { inlineLines } from './inlineDiff';

const words = (a: string, b: string) =>
  inlineLines(answerDiff(a, b)).map((line) =>
    line.kind === 'text'
      ? line.pieces
          .map(({ text, emphasis }) =>
            emphasis === 'same' ? text : emphasis === 'added' ? `{+${text}+}` : `[-${text}-]`,
          )
          .join('')
      : line.kind,
  );

describe('a running difference', () => {
  it('shows what stayed once, between what went and what came', () => {
    expect(words('Refunds take 30 days.', 'Refunds take 14 days.')).toEqual([
      'Refunds take [-30-]{+14+} days.',
    ]);
  });

  it('keeps lines that only went or only came', () => {
    expect(words('a\nold\nz', 'a\nz\nnew')).toEqual(['a', '[-old-]', 'z', '{+new+}']);
  });

  it('loses nothing where pieces are cut differently on the two sides', () => {
    const piece = (text: string, emphasis: 'same' | 'added' | 'removed' = 'same') => ({
      text,
      emphasis,
    });
    const diff = answerDiff('x', 'y');
    const row = {
      tag: 'changed' as const,
      a_line: 1,
      b_line: 1,
      a: [piece('ab'), piece('cd'), piece('1', 'removed'), piece('ef')],
      b: [piece('abc'), piece('d'), piece('2', 'added'), piece('e'), piece('f')],
    };
    const hunk = { skipped_before: 0, a_start: 1, b_start: 1, rows: [row] };
    const [line] = inlineLines({ ...diff, hunks: [hunk] });
    expect(line?.kind === 'text' && line.pieces.map((p) => p.text)).toEqual([
      'ab',
      'cd',
      '1',
      '2',
      'ef',
    ]);
  });
});

import type { DiffRow } from '$lib/bindings/DiffRow';
import type { TextDiff } from '$lib/bindings/TextDiff';
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { splitLines, unifiedLines } from './diffLines';
import DiffView from './DiffView.svelte';

const HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>{@html x}';

function diffOf(rows: DiffRow[], part: Partial<TextDiff> = {}): TextDiff {
  return {
    equal: false,
    hunks: [{ skipped_before: 0, a_start: 1, b_start: 1, rows }],
    skipped_after: 0,
    rows_omitted: 0,
    removed: 1,
    added: 1,
    ...part,
  };
}

const changed: DiffRow = {
  tag: 'changed',
  a_line: 1,
  b_line: 1,
  a: [
    { text: 'say ', emphasis: 'same' },
    { text: HOSTILE, emphasis: 'removed' },
  ],
  b: [
    { text: 'say ', emphasis: 'same' },
    { text: 'hello', emphasis: 'added' },
    { text: '\u202e', emphasis: 'added', mark: { kind: 'bidi', label: '\\u{202e}' } },
  ],
};

describe('DiffView', () => {
  it('does not call two answers the same to the byte that only say the same', () => {
    const diff = diffOf([], { equal: true, hunks: [] });
    const { rerender } = render(DiffView, { diff: { ...diff, identical: false } });
    expect(screen.queryByText(/byte for byte/)).toBeNull();
    expect(screen.getByText(/say the same/)).toBeInTheDocument();
    void rerender({ diff });
    return waitFor(() => expect(screen.getByText(/byte for byte/)).toBeInTheDocument());
  });

  it('shows hostile text as text', () => {
    const { container } = render(DiffView, { diff: diffOf([changed]) });
    expect(container.querySelector('img, script')).toBeNull();
    expect(screen.getByRole('deletion')).toHaveTextContent(HOSTILE);
    expect('pwned' in window).toBe(false);
  });

  it('shows the label of what is invisible instead of the character itself', () => {
    const { container } = render(DiffView, { diff: diffOf([changed]) });
    expect(container).toHaveTextContent('\\u{202e}');
    expect(container.textContent).not.toContain('\u202e');
  });

  it('tells removed from added without colour: sign and element', () => {
    const { container } = render(DiffView, { diff: diffOf([changed]) });
    const signs = [...container.querySelectorAll('.sign')].map((e) => e.textContent);
    expect(signs).toEqual(['−', '+']);
    expect(screen.getByRole('insertion')).toHaveTextContent('hello');
  });

  it('switches to side by side by key and remembers it', async () => {
    const user = userEvent.setup();
    const { container } = render(DiffView, { diff: diffOf([changed]) });
    screen.getByRole('button', { name: 'Side by side' }).focus();
    await user.keyboard('{Enter}');
    expect(container.querySelectorAll('.line.split')).toHaveLength(1);
    expect(localStorage.getItem('plumbline.diff.mode')).toBe('"split"');
  });

  it('puts only a part of a very long diff into the document', async () => {
    const rows = Array.from({ length: 5000 }, (_, i): DiffRow => ({
      tag: 'equal',
      a_line: i + 1,
      b_line: i + 1,
      a: [{ text: `line ${i}`, emphasis: 'same' }],
      b: [{ text: `line ${i}`, emphasis: 'same' }],
    }));
    const { container } = render(DiffView, { diff: diffOf(rows) });
    await expect.poll(() => container.querySelectorAll('.line').length).toBeGreaterThan(0);
    expect(container.querySelectorAll('.line').length).toBeLessThan(200);
  });
});

describe('layout of a diff', () => {
  const removed: DiffRow = { tag: 'removed', a_line: 2, b_line: null, a: [], b: [] };
  const added: DiffRow = { tag: 'added', a_line: null, b_line: 2, a: [], b: [] };

  it('puts all that went before all that came within one block', () => {
    const lines = unifiedLines(diffOf([changed, removed, added]));
    expect(lines.map((l) => (l.kind === 'unified' ? l.sign : l.kind))).toEqual([
      '−',
      '−',
      '+',
      '+',
    ]);
  });

  it('leaves the other side empty where a line has no partner', () => {
    const [first, second] = splitLines(diffOf([removed, added]));
    expect(first).toMatchObject({ kind: 'split', b: null });
    expect(second).toMatchObject({ kind: 'split', a: null });
  });

  it('says how many rows are folded and how many were left out', () => {
    const lines = unifiedLines(diffOf([], { skipped_after: 7, rows_omitted: 3 }));
    expect(lines).toEqual([
      { kind: 'skip', rows: 7 },
      { kind: 'omitted', rows: 3 },
    ]);
  });
});

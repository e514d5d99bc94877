import { fixtureDiff } from '$lib/host/fixtures/diff';
import { splitLines, unifiedLines } from '$lib/ui/diffLines';
import { describe, expect, it } from 'vitest';
import { blockWord, changeBlocks } from './changeBlocks';

const before = ['same', 'old one', 'same', 'same', 'gone', 'end'].join('\n');
const after = ['same', 'old two', 'same', 'same', 'end', 'new'].join('\n');

describe('blocks of change', () => {
  it('are the same changes in both layouts', () => {
    const diff = fixtureDiff(before, after);
    const unified = changeBlocks(unifiedLines(diff));
    const split = changeBlocks(splitLines(diff));
    expect(unified.map(blockWord)).toEqual(['changed', 'removed', 'added']);
    expect(split.map(blockWord)).toEqual(unified.map(blockWord));
  });

  it('point at lines of the layout', () => {
    const lines = unifiedLines(fixtureDiff(before, after));
    for (const block of changeBlocks(lines)) {
      expect(lines[block.start]).toMatchObject({ sign: expect.stringMatching(/[−+]/) });
    }
  });

  it('are none where nothing differs', () => {
    expect(changeBlocks(unifiedLines(fixtureDiff('a\nb', 'a\nb')))).toEqual([]);
  });
});

import { expect, test } from 'vitest';
import { originText } from './origin';

test('an imported version says who made it, when and where', () => {
  const commit = '4f2c9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f';
  expect(
    originText({ source: 'git', id: commit, author: 'Ada', at: '1700000000000000000' }),
  ).toMatch(/^made by Ada on 2023-11-14 .*, from git 4f2c9a0b1c2d$/);
  expect(originText({ source: 'langfuse', id: '3' })).toBe('from langfuse 3');
  expect(originText({ source: 'text' })).toBe('from text');
});

import { expect, it } from 'vitest';
import { piecesOf } from './placeholders';

it('tells placeholders from the text around them and loses nothing', () => {
  const text = 'mail [redacted:email:1f3a9c02], [redacted:x] and [redacted:c-id:00ff]';
  const pieces = piecesOf(text);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  expect(pieces.filter((piece) => piece.placeholder).map((piece) => piece.text)).toEqual([
    '[redacted:email:1f3a9c02]',
    '[redacted:c-id:00ff]',
  ]);
  expect(piecesOf('')).toEqual([]);
});

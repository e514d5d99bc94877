import { expect, test } from 'vitest';
import { barRange } from './chart';

const DAY = 86_400;

test('one day is as wide as a day, not as years', () => {
  const at = Date.UTC(2026, 10, 24) / 1000;
  expect(barRange({ kind: 'bars', time: true, x: [at] }).range?.()).toEqual([
    at - DAY / 2,
    at + DAY / 2,
  ]);
});

test('the narrowest gap decides how much room the ends get', () => {
  const range = barRange({ kind: 'bars', time: true, x: [0, 30 * DAY, 31 * DAY] }).range?.();
  expect(range).toEqual([-DAY / 2, 31.5 * DAY]);
});

test('lines need no room, and nothing has no range', () => {
  expect(barRange({ kind: 'line', x: [1, 2] })).toEqual({});
  expect(barRange({ kind: 'bars', x: [] })).toEqual({});
});

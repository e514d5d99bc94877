import { expect, it } from 'vitest';
import { portOf } from './intakeText';

it('reads a port and nothing else', () => {
  expect([' 4318 ', '0', '65535'].map(portOf)).toEqual([4318, 0, 65_535]);
  expect(['', '-1', '65536', '80a', '1e3', '999999'].map(portOf)).toEqual(Array(6).fill(null));
});

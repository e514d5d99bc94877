import { expect, it } from 'vitest';
import { ALL, firstScope, scopes, versionOf } from './exportScope';

it('offers every release and the version on screen, first what is meant', () => {
  const working = { version: 'working', releases: [1, 2] };
  expect(firstScope(working)).toBe(ALL);
  expect(scopes(working).map((one) => one.label)).toEqual(['all 2 releases', 'the working file']);
  const release = { version: '1.0.0', releases: [1] };
  expect(firstScope(release)).toBe('1.0.0');
  expect(scopes(release).map((one) => one.label)).toEqual(['the one release', 'release 1.0.0']);
});

it('has the working file of what was never released', () => {
  const fresh = { version: 'working', releases: [] };
  expect(firstScope(fresh)).toBe('working');
  expect(scopes(fresh)).toEqual([{ value: 'working', label: 'the working file' }]);
});

it('asks the host for every release by naming none', () => {
  expect([ALL, 'working', '1.0.0'].map(versionOf)).toEqual([null, 'working', '1.0.0']);
});

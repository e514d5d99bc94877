import { describe, expect, it } from 'vitest';
import type { ImportRow } from '$lib/bindings/ImportRow';
import { addsUp, fileName, formatName, liveImports, stateOf } from './importText';

describe('loss report', () => {
  it('names a file from paths of any system', () => {
    expect(fileName('/home/ana/x.json')).toBe('x.json');
    expect(fileName('C:\\traces\\y.jsonl')).toBe('y.jsonl');
    expect(fileName('z.csv')).toBe('z.csv');
  });

  it('shows formats it does not know as they are', () => {
    expect(formatName('otlp_json')).toBe('OTLP JSON');
    expect(formatName('request_csv')).toBe('request csv');
  });

  it('tells what still listens from what was cut off at the same address', () => {
    const row = (id: string, path: string, complete: boolean) =>
      ({ id, complete, report: { path, quarantined: 0 } }) as ImportRow;
    const at = 'http://127.0.0.1:4318';
    const rows = [row('new', at, false), row('cut', at, false), row('file', 'a.json', false)];
    const live = liveImports(rows, [at]);
    expect(rows.map((r) => stateOf(r, live.has(r.id)))).toEqual([
      'listening',
      'not complete',
      'not complete',
    ]);
    expect(liveImports([row('ended', at, true), row('cut', at, false)], [at]).size).toBe(0);
  });

  it('notices a row that got lost', () => {
    expect(addsUp({ read: 10, stored: 7, duplicate: 2, quarantined: 1 })).toBe(true);
    expect(addsUp({ read: 10, stored: 7, duplicate: 2, quarantined: 0 })).toBe(false);
  });
});

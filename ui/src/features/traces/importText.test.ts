import { describe, expect, it } from 'vitest';
import { addsUp, fileName, formatName } from './importText';

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

  it('notices a row that got lost', () => {
    expect(addsUp({ read: 10, stored: 7, duplicate: 2, quarantined: 1 })).toBe(true);
    expect(addsUp({ read: 10, stored: 7, duplicate: 2, quarantined: 0 })).toBe(false);
  });
});

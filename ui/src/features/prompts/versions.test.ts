import { describe, expect, it } from 'vitest';
import { compareVersions, diffSides, raised } from './versions';

describe('versions', () => {
  it('raises the part a bump names and clears those below', () => {
    expect(raised('1.2.3', 'major')).toBe('2.0.0');
    expect(raised('1.2.3', 'minor')).toBe('1.3.0');
    expect(raised('1.2.3', 'patch')).toBe('1.2.4');
    expect(raised('1.2.3', 'none')).toBeNull();
    expect(raised('one', 'major')).toBeNull();
  });

  it('orders by number, not by text', () => {
    expect(compareVersions('1.10.0', '1.9.0')).toBeGreaterThan(0);
    expect(compareVersions('1.0.0', '1.0.0')).toBe(0);
  });

  it('compares what is open with its predecessor unless the address says otherwise', () => {
    const versions = ['working', '2.0.0', '1.0.0'];
    expect(diffSides(versions, 'working', {})).toEqual({ from: '2.0.0', to: 'working' });
    expect(diffSides(versions, '1.0.0', {})).toEqual({ from: '2.0.0', to: '1.0.0' });
    expect(diffSides(versions, 'working', { from: '1.0.0', to: '2.0.0' })).toEqual({
      from: '1.0.0',
      to: '2.0.0',
    });
    expect(diffSides(versions, 'working', { from: 'gone' })?.from).toBe('2.0.0');
    expect(diffSides(['working'], 'working', {})).toBeNull();
  });
});

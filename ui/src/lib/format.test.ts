import { describe, expect, it } from 'vitest';
import {
  ago,
  bytes,
  compact,
  count,
  dateTime,
  duration,
  nanosToMs,
  share,
  shortHash,
  tokens,
  UNKNOWN,
  usd,
  usdAtLeast,
} from './format';

describe('money', () => {
  it('keeps three significant digits below a dollar and cents above', () => {
    expect(usd('0.000345')).toBe('$0.000345');
    expect(usd('0.0003456789')).toBe('$0.000346');
    expect(usd('0.5')).toBe('$0.50');
    expect(usd('12.345')).toBe('$12.35');
    expect(usd('1234567.891')).toBe('$1,234,567.89');
    expect(usd('0')).toBe('$0.00');
    expect(usd('-2.5')).toBe('-$2.50');
  });

  it('rounds on the digits, where a float would go the other way', () => {
    // 1.005 is 1.00499… as a double: toFixed(2) says 1.00.
    expect(usd('1.005')).toBe('$1.01');
    expect(usd('0.9999')).toBe('$1.00');
    expect(usd('99999999999999999999.99')).toBe('$99,999,999,999,999,999,999.99');
  });

  it('calls unknown and unreadable amounts unknown, never zero', () => {
    expect(usd(null)).toBe(UNKNOWN);
    expect(usd(undefined)).toBe(UNKNOWN);
    expect(usd('NaN')).toBe(UNKNOWN);
  });

  it('marks a sum with unpriced calls as a lower bound', () => {
    expect(usdAtLeast('1.5', 3)).toBe('≥ $1.50');
    expect(usdAtLeast('1.5', 0)).toBe('$1.50');
    expect(usdAtLeast(null, 3)).toBe(UNKNOWN);
  });
});

describe('numbers', () => {
  it('groups, shortens and names units', () => {
    expect(count(1234567)).toBe('1,234,567');
    expect(tokens(1)).toBe('1 tok');
    expect(compact(9999)).toBe('9,999');
    expect(compact(12_345)).toBe('12.3k');
    expect(compact(4_120_000)).toBe('4.1M');
    expect(bytes(1536)).toBe('1.5 KiB');
  });

  it('says unknown for what is not known', () => {
    for (const write of [count, tokens, compact, duration, share, bytes]) {
      expect(write(null)).toBe(UNKNOWN);
    }
  });

  it('writes durations in the unit a person would use', () => {
    expect(duration(8.44)).toBe('8.4 ms');
    expect(duration(843.4)).toBe('843 ms');
    expect(duration(999.9)).toBe('1.00 s');
    expect(duration(1840)).toBe('1.84 s');
    expect(duration(59_999)).toBe('1 min 00 s');
    expect(duration(125_000)).toBe('2 min 05 s');
    expect(duration(7_500_000)).toBe('2 h 05 min');
  });

  it('does not round a share to all or nothing', () => {
    expect(share(0.1234)).toBe('12.3 %');
    expect(share(0.0001)).toBe('< 0.1 %');
    expect(share(0.99999)).toBe('> 99.9 %');
    expect(share(0)).toBe('0 %');
    expect(share(1)).toBe('100 %');
  });
});

describe('time and ids', () => {
  it('reads nanoseconds as text or number without losing the milliseconds', () => {
    expect(nanosToMs('1790000000123456789')).toBe(1790000000123);
    expect(nanosToMs('soon')).toBeNull();
    expect(dateTime('')).toBe(UNKNOWN);
  });

  it('tells how long ago', () => {
    const now = 1_790_000_000_000;
    expect(ago(`${now - 30_000}000000`, now)).toBe('just now');
    expect(ago(`${now - 150_000}000000`, now)).toBe('2 min ago');
    expect(ago(`${now - 86_400_000}000000`, now)).toBe('1 day ago');
  });

  it('shortens hashes from the front and UUIDv7 from the back, where they differ', () => {
    expect(shortHash('sha256:0123456789abcdef')).toBe('0123456789');
    expect(shortHash('01997000-aaaa-7bbb-8ccc-0123456789ab')).toBe('456789ab');
  });
});

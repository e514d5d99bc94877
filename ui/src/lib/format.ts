/**
 * How numbers, money, times and hashes are written, in one place. Unknown is the word "unknown",
 * never a zero; no figure gets more digits than its source has.
 */
export const UNKNOWN = 'unknown';

type Maybe<T> = T | null | undefined;

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 12345 -> "12,345". */
export function count(value: Maybe<number>): string {
  return value == null || !Number.isFinite(value) ? UNKNOWN : grouped.format(value);
}

/** 1 case, 2 cases. */
export function plural(value: number, one: string, many = one + 's'): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Short form for tight places: 950, 12.3k, 4.1M. */
export function compact(value: Maybe<number>): string {
  if (value == null || !Number.isFinite(value)) return UNKNOWN;
  for (const [size, letter] of [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const) {
    if (Math.abs(value) >= size) {
      const scaled = value / (letter === 'k' ? 1e3 : size);
      return (Math.abs(scaled) >= 100 ? scaled.toFixed(0) : scaled.toFixed(1)) + letter;
    }
  }
  return grouped.format(value);
}

export function tokens(value: Maybe<number>): string {
  return value == null ? UNKNOWN : `${count(value)} tok`;
}

/** Milliseconds in the unit a person would say: "8.4 ms", "843 ms", "1.84 s", "2 min 05 s". */
export function duration(ms: Maybe<number>): string {
  if (ms == null || !Number.isFinite(ms)) return UNKNOWN;
  const size = Math.abs(ms);
  if (size < 10) return `${trim(ms.toFixed(1))} ms`;
  if (size < 999.5) return `${ms.toFixed(0)} ms`;
  if (size < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (size < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (size < 3_600_000) {
    return `${Math.trunc(seconds / 60)} min ${String(Math.abs(seconds % 60)).padStart(2, '0')} s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.trunc(minutes / 60)} h ${String(Math.abs(minutes % 60)).padStart(2, '0')} min`;
}

/** 0.1234 -> "12.3 %"; a share that rounds to all or nothing without being it says so. */
export function share(value: Maybe<number>): string {
  if (value == null || !Number.isFinite(value)) return UNKNOWN;
  const text = (value * 100).toFixed(1);
  if (text === '0.0' && value > 0) return '< 0.1 %';
  if (text === '100.0' && value < 1) return '> 99.9 %';
  return `${trim(text)} %`;
}

export function bytes(value: Maybe<number>): string {
  if (value == null) return UNKNOWN;
  if (value < 1024) return `${value} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = value / 1024;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${scaled < 10 ? scaled.toFixed(1) : scaled.toFixed(0)} ${units[unit]}`;
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/**
 * A decimal string in US dollars. From one dollar up: cents. Below: three significant digits, so
 * the cost of one small call does not vanish. Rounds half up on the digits; no float is involved.
 */
export function usd(amount: Maybe<string>): string {
  if (amount == null) return UNKNOWN;
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount.trim());
  if (!match) return UNKNOWN;
  const [, sign, whole = '0', fraction = ''] = match;
  const leading = /^0*/.exec(fraction)?.[0].length ?? 0;
  const isZero = /^0*$/.test(whole + fraction);
  const places = isZero ? 2 : /^0*$/.test(whole) ? Math.max(2, leading + 3) : 2;
  const rounded = roundDecimal(whole, fraction, places);
  const point = rounded.length - places;
  const units = grouped.format(BigInt(rounded.slice(0, point) || '0'));
  let cents = rounded.slice(point);
  while (cents.length > 2 && cents.endsWith('0')) cents = cents.slice(0, -1);
  return `${sign}$${units}.${cents}`;
}

/** Digits of whole.fraction rounded half up to `places`, without the point, padded to hold a unit. */
function roundDecimal(whole: string, fraction: string, places: number): string {
  const kept = fraction.slice(0, places).padEnd(places, '0');
  const up = (fraction[places] ?? '0') >= '5' ? 1n : 0n;
  return (BigInt(whole + kept) + up).toString().padStart(places + 1, '0');
}

/** Money for a chart axis only: pictures may be floats, figures may not. */
export function usdForChart(amount: Maybe<string>): number | null {
  if (amount == null) return null;
  const value = Number(amount);
  return Number.isFinite(value) ? value : null;
}

/** A lower bound carries its sign: some calls behind the sum have no known price. */
export function usdAtLeast(amount: Maybe<string>, unpriced: number): string {
  const text = usd(amount);
  return text !== UNKNOWN && unpriced > 0 ? `≥ ${text}` : text;
}

/** Nanoseconds since 1970, as text or number, to milliseconds. */
export function nanosToMs(nanos: Maybe<string | number>): number | null {
  if (nanos == null || nanos === '') return null;
  try {
    return Number(BigInt(nanos) / 1_000_000n);
  } catch {
    return null;
  }
}

const two = (value: number) => String(value).padStart(2, '0');

/** "2026-09-21 14:05:09", in the reader's time zone. */
export function dateTime(nanos: Maybe<string | number>): string {
  const ms = nanosToMs(nanos);
  if (ms == null) return UNKNOWN;
  const d = new Date(ms);
  return (
    `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ` +
    `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
  );
}

/** "14:05:09". */
export function clock(nanos: Maybe<string | number>): string {
  const text = dateTime(nanos);
  return text === UNKNOWN ? text : text.slice(11);
}

/** "3 min ago"; falls back to the date beyond a week. */
export function ago(nanos: Maybe<string | number>, nowMs: number): string {
  const ms = nanosToMs(nanos);
  if (ms == null) return UNKNOWN;
  const seconds = Math.round((nowMs - ms) / 1000);
  if (seconds < 0 || seconds > 7 * 86_400) return dateTime(nanos).slice(0, 10);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${plural(Math.floor(seconds / 86_400), 'day')} ago`;
}

/** The first 10 digits of a hash or the tail of a UUID: enough to tell two apart on one screen. */
export function shortHash(hash: string): string {
  const bare = hash.replace(/^sha256:/, '');
  return /^[0-9a-f]{8}-/.test(bare) ? bare.slice(-8) : bare.slice(0, 10);
}

import { describe, expect, it } from 'vitest';
import css from './tokens.css?raw';

function tokensOf(theme: string): Record<string, string> {
  const block = new RegExp(`\\[data-theme='${theme}'\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const TEXTS = ['text-1', 'text-2', 'text-3', 'accent', 'good', 'bad', 'warn', 'info'];
const SURFACES = ['surface-0', 'surface-1', 'surface-2', 'surface-3'];
const DIFF = ['added', 'added-strong', 'removed', 'removed-strong', 'marked'];

describe.each(['light', 'dark', 'contrast'])('theme %s', (theme) => {
  const tokens = tokensOf(theme);
  const of = (name: string) => {
    const value = tokens[name];
    if (value === undefined) throw new Error(`${theme} has no --${name}`);
    return value;
  };

  it.each(TEXTS.flatMap((text) => SURFACES.map((surface) => [text, surface] as const)))(
    '%s on %s reads at 4.5:1',
    (text, surface) => {
      expect(contrast(of(text), of(surface))).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each(DIFF)('text on %s reads at 4.5:1', (surface) => {
    expect(contrast(of('text-1'), of(surface))).toBeGreaterThanOrEqual(4.5);
  });

  it('text on the accent reads at 4.5:1', () => {
    expect(contrast(of('on-accent'), of('accent'))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(Array.from({ length: 8 }, (_, i) => `series-${i + 1}`))(
    '%s and strong lines show at 3:1',
    (series) => {
      expect(contrast(of(series), of('surface-1'))).toBeGreaterThanOrEqual(3);
      expect(contrast(of('line-strong'), of('surface-1'))).toBeGreaterThanOrEqual(3);
    },
  );
});

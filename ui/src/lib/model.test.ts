import { describe, expect, it } from 'vitest';
import { modelDiffers } from './model';

describe('the model that answered', () => {
  it('is the same when it is a dated snapshot of the alias', () => {
    expect(modelDiffers('claude-haiku-4-5', 'claude-haiku-4-5-20260301')).toBe(false);
    expect(modelDiffers('gpt-4.1-mini', 'gpt-4.1-mini-2026-04-14')).toBe(false);
    expect(modelDiffers('m', 'm')).toBe(false);
  });

  it('is another when the name goes on in words', () => {
    expect(modelDiffers('gpt-4.1', 'gpt-4.1-mini')).toBe(true);
    expect(modelDiffers('a', 'b')).toBe(true);
  });

  it('is not called another when it is not known', () => {
    expect(modelDiffers('a', null)).toBe(false);
    expect(modelDiffers(null, 'a')).toBe(false);
  });
});

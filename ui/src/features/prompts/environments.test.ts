import { describe, expect, it } from 'vitest';
import { environmentError, isOwner, nanosOfLocal } from './environments';

describe('environments', () => {
  it('reads the time of the field as the person lives it', () => {
    const at = new Date(2026, 10, 3, 14, 32).getTime();
    expect(nanosOfLocal('2026-11-03T14:32')).toBe(`${at}000000`);
    for (const none of ['', 'yesterday']) expect(nanosOfLocal(none)).toBeNull();
  });

  it('knows the owners as the engine does', () => {
    for (const owner of ['ada@example.com', ' BOB ']) {
      expect(isOwner(owner, 'Ada@Example.com; ops, bob')).toBe(true);
    }
    for (const other of ['', 'ada', 'ops, bob']) {
      expect(isOwner(other, 'Ada@Example.com; ops, bob')).toBe(false);
    }
  });

  it('accepts the names that the engine accepts', () => {
    for (const good of ['dev', 'eu-canary', 'p2']) expect(environmentError(good)).toBeUndefined();
    for (const bad of ['', 'Production', '-a', 'a b', '../x', 'a'.repeat(65)]) {
      expect(environmentError(bad), bad).toBeDefined();
    }
  });
});

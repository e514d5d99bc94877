import type { MessageChange } from '$lib/bindings/MessageChange';
import { describe, expect, it } from 'vitest';
import { movedMessages } from './changeText';

function message(
  role: MessageChange['role'],
  kind: MessageChange['kind'],
  tokens_before: number | null,
  tokens_after: number | null,
): MessageChange {
  return { role, kind, tokens_before, tokens_after };
}

describe('messages of a change', () => {
  it('are one line for each role that changed alike', () => {
    expect(
      movedMessages([
        message('system', 'changed', 29, 122),
        message('user', 'same', 6, 6),
        message('assistant', 'changed', 19, 27),
        message('assistant', 'changed', 20, 28),
        message('tool', 'added', null, 7),
        message('user', 'removed', 1500, null),
      ]),
    ).toEqual([
      'system 29 → 122',
      '2 assistant messages 39 → 55',
      'tool added, 7',
      'user removed, 1,500',
    ]);
    expect(movedMessages([])).toEqual([]);
  });
});

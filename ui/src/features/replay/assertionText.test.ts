import type { Assertion } from '$lib/bindings/Assertion';
import { describe, expect, it } from 'vitest';
import { assertionText, scoreText } from './assertionText';

describe('assertions in words', () => {
  it.each<[Assertion, string]>([
    [{ kind: 'json_equals', path: '$.q', value: 'x' }, '$.q is "x"'],
    [{ kind: 'tool_called', name: 'find' }, 'calls find'],
    [{ kind: 'json_valid' }, 'is valid JSON'],
    [{ kind: 'contains', value: 'a' }, 'contains "a"'],
    [{ kind: 'contains', value: 'a', ignore_case: false }, 'contains "a", case counts'],
    [{ kind: 'equals', value: 'a', ignore_case: true }, 'equals "a", ignoring case'],
    [{ kind: 'contains_any', values: ['a', 'b'] }, 'contains one of "a", "b"'],
    [{ kind: 'length', unit: 'words', max: 1200 }, 'has at most 1,200 words'],
    [{ kind: 'length', unit: 'characters', min: 2, max: 9 }, 'has 2 to 9 characters'],
    [{ kind: 'number', value: 4, relative_tolerance: 0.05 }, 'the number is 4 ± 5 %'],
    [{ kind: 'number', path: '$.n', value: 4 }, '$.n is 4'],
    [{ kind: 'levenshtein', value: 'a', max_distance: 2 }, 'is like "a" (at most 2 edits)'],
    [
      { kind: 'rouge_n', value: 'a', n: 2, min: 0.5, measure: 'recall' },
      'ROUGE-2 recall against "a" is at least 0.5',
    ],
    [{ kind: 'citation_in_context' }, 'cites only what stands in the variables'],
    [{ kind: 'tokens', of: 'total', max: 500 }, 'takes at most 500 tokens in all'],
    [{ kind: 'finish_reason', value: 'stop' }, 'ends by stop'],
    [
      { kind: 'rubric', criteria: 'is polite', judge: 'openai:gpt-4.1', min_score: 0.8 },
      'openai:gpt-4.1 finds: is polite, at least 0.8',
    ],
  ])('%j', (assertion, text) => {
    expect(assertionText(assertion)).toBe(text);
  });

  it('say that they are negated and what they weigh', () => {
    const check = { kind: 'regex', value: '^a' } as const;
    expect(assertionText({ ...check, negate: true, weight: 2 })).toBe('not: matches ^a (weight 2)');
    expect(assertionText({ ...check, weight: 0 })).toBe('matches ^a (told only)');
    expect(assertionText({ ...check, negate: false, weight: 1 })).toBe('matches ^a');
  });

  it('show a score with its unit, and none where none was compared', () => {
    const outcome = { passed: true, message: '' };
    const bleu = { kind: 'bleu', value: 'a', min: 0.5 } as const;
    expect(scoreText({ ...outcome, assertion: bleu, score: 0.123456 })).toBe('0.1235');
    expect(scoreText({ ...outcome, assertion: bleu, score: null })).toBe('');
    const latency = { kind: 'latency_ms', max: 900 } as const;
    expect(scoreText({ ...outcome, assertion: latency, score: 850 })).toBe('850 ms');
  });
});

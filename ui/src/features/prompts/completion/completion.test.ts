import { promptLanguage as language } from '$lib/host/fixtures/promptLanguage';
import type { Variable } from '$lib/bindings/Variable';
import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { completionSource } from './source';

const variable = (name: string, description = ''): Variable => ({
  name,
  description,
  type: 'string',
  default: null,
  trim: null,
});
const variables = [variable('ticket', 'The words of\nthe customer'), variable('<img src=x>')];

const FRONT = '---\nname: a\nvariables:\n  - name: ticket\n---\nsystem:\n';

/** Labels that are offered where the bar stands. */
function offered(text: string, explicit = false): string[] {
  const pos = text.indexOf('¦');
  const state = EditorState.create({ doc: text.replace('¦', '') });
  const source = completionSource(() => ({ language, variables }));
  const found = source(new CompletionContext(state, pos, explicit));
  return (found?.options ?? []).map((option) => option.label);
}

const inBody = (text: string, explicit?: boolean) => offered(FRONT + text, explicit);

describe('inside a tag', () => {
  it('offers declared variables with what they are, and no name that is none', () => {
    const state = EditorState.create({ doc: `${FRONT}{{ ti` });
    const source = completionSource(() => ({ language, variables }));
    const found = source(new CompletionContext(state, state.doc.length, false));
    expect(found?.from).toBe(state.doc.length - 2);
    expect(found?.options.filter((option) => option.type === 'variable')).toEqual([
      {
        label: 'ticket',
        type: 'variable',
        boost: 1,
        detail: 'string · The words of the customer',
      },
    ]);
  });

  it('offers to declare a name that nobody knows, and asks again with every letter', () => {
    const declared: string[] = [];
    const declare = (name: string) => declared.push(name);
    const asked = (typed: string) => {
      const state = EditorState.create({ doc: `${FRONT}{{ ${typed}` });
      const source = completionSource(() => ({ language, variables, declare }));
      return source(new CompletionContext(state, state.doc.length, false));
    };
    const found = asked('place');
    expect(found?.validFor).toBeUndefined();
    const option = found?.options.at(-1);
    expect([option?.label, option?.detail]).toEqual(['place', 'not declared: declare it']);
    const isOffered = (typed: string) =>
      asked(typed)?.options.some((o) => o.detail === 'not declared: declare it');
    expect([isOffered('ticket'), isOffered('range'), isOffered('a.b'), isOffered('x|upp')]).toEqual(
      [false, false, undefined, false],
    );
  });

  it('offers what the template has named itself, as far as it reaches', () => {
    expect(inBody('{% for fact in facts %}{{ ¦')).toEqual(expect.arrayContaining(['loop', 'fact']));
    expect(inBody('{% for fact in facts %}{% endfor %}{{ ¦')).not.toContain('fact');
    expect(inBody('{% for fact in facts %}{{ loop.¦')).toEqual(['first', 'index']);
    expect(inBody('{% for fact in facts %}{% if loop.fi¦')).toEqual(['first', 'index']);
    expect(inBody('{{ loop.¦')).toEqual([]);
    expect(inBody('{% for loop in facts %}{{ my.loop.¦')).toEqual([]);
    expect(inBody('{% set short = 1 %}{% if short %}{{ s¦')).toContain('short');
    expect(inBody('{% set short = 1 %}\nuser:\n{{ s¦')).not.toContain('short');
    expect(inBody('{% with a = 1, b = 2 %}{{ ¦')).toEqual(expect.arrayContaining(['a', 'b']));
    expect(inBody('{% macro m(x) %}{{ ¦')).toContain('x');
  });

  it('offers filters behind a bar, tests behind `is`, statements at the start', () => {
    expect(inBody('{{ ticket|up¦')).toEqual(['join', 'length', 'upper']);
    expect(inBody('{{ ticket | ¦')).toContain('upper');
    expect(inBody('{% filter u¦')).toContain('upper');
    expect(inBody('{% if ticket is de¦')).toEqual(['defined', 'odd']);
    expect(inBody('{% if ticket is not d¦')).toEqual(['defined', 'odd']);
    expect(inBody('{% ¦')).toContain('endfor');
    expect(inBody('{%- fo¦')).toContain('for');
    expect(inBody('{% for x in t¦')).toContain('ticket');
  });

  it('offers nothing where nobody can know what comes', () => {
    for (const text of [
      '{{ "tick¦',
      '{# tick¦',
      '{{ ticket.na¦',
      '{% for fa¦',
      '{% set sh¦',
      '{{ 12¦',
      '{{ ticket }} tick¦',
    ]) {
      expect(inBody(text), text).toEqual([]);
    }
  });
});

describe('at the start of a line', () => {
  it('offers the markers of messages once a letter or the key asks for them', () => {
    expect(inBody('x\nus¦')).toContain('user:');
    expect(inBody('x\n¦')).toEqual([]);
    expect(inBody('x\n¦', true)).toEqual(['system:', 'user:', 'assistant:', 'tool:']);
    expect(inBody('x us¦')).toEqual([]);
  });
});

describe('in the front matter', () => {
  const front = (text: string, explicit = true) => offered(`---\n${text}`, explicit);

  it('offers the keys of the level', () => {
    expect(front('name: a\nmo¦', false)).toContain('model');
    expect(front('variables:\n  - ¦')).toEqual(language.variable_keys);
    expect(front('variables:\n  - name: x\n    ty¦')).toEqual(language.variable_keys);
    expect(front('variables:\n- name: x\n  ty¦')).toEqual(language.variable_keys);
    expect(front('variables:\n  x:\n    ty¦')).toEqual(language.variable_keys);
    expect(front('variables:\n  - {name: x, ty¦')).toEqual(language.variable_keys);
    expect(front('variables: [{name: x, ty¦')).toEqual(language.variable_keys);
    expect(front('variables:\n  - name: x\n    trim:\n      po¦')).toEqual(language.trim_keys);
    expect(front('variables:\n  - name: x\n    trim: {po¦')).toEqual(language.trim_keys);
    expect(front('budget:\n  max¦')).toEqual(language.budget_keys);
    expect(front('budget: {max¦')).toEqual(language.budget_keys);
    expect(front('budget:\n  sections:\n    - sec¦')).toEqual(language.section_keys);
    expect(front('budget:\n  sections:\n    - {section: user, trim: ¦')).toEqual(
      language.trim_policies,
    );
    expect(front('parameters:\n  t¦')).toEqual(language.parameter_keys);
    expect(front('tools:\n  - us¦')).toEqual(language.tool_keys);
    expect(front('budget:\n  max_tokens_in: 1\nmo¦')).toContain('model');
  });

  it('offers the values of a key that has only some', () => {
    expect(front('variables:\n  - name: x\n    type: st¦')).toEqual(language.types);
    expect(front('variables:\n  - name: x\n    trim: ¦')).toEqual(language.trim_policies);
    expect(front('variables:\n  - {name: x, trim: {policy: ¦')).toEqual(language.trim_policies);
    expect(front('budget:\n  when_over: ¦')).toEqual(language.when_over);
    expect(front('model: openai:gpt¦')).toEqual(language.models);
  });

  it('offers nothing for free text, remarks and schemas', () => {
    for (const text of ['owner: a¦', '# mo¦', 'output_schema:\n  ty¦', 'changelog: a mo¦']) {
      expect(front(text), text).toEqual([]);
    }
  });
});

it('reads a hostile text in no time', () => {
  const started = performance.now();
  for (const text of [
    '{{'.repeat(50_000) + '¦',
    '{% for '.repeat(20_000) + '¦',
    `---\n${'[{'.repeat(50_000)}¦`,
    `---\n${'- a:\n'.repeat(20_000)}  ¦`,
    '{% set a'.repeat(10_000) + '%}{{ ¦',
  ]) {
    offered(text.startsWith('---') ? text : FRONT + text, true);
  }
  expect(performance.now() - started).toBeLessThan(5000);
});

import type { ImportedPrompt } from '$lib/bindings/ImportedPrompt';
import type { ImportedVersion } from '$lib/bindings/ImportedVersion';
import type { Loss } from '$lib/bindings/Loss';
import { describe, expect, it } from 'vitest';
import { importedText, lossRows, takenText, wasText } from './importText';

const version = (name: string, losses: Loss[] = []): ImportedVersion => ({
  version: name,
  id: '0123456789abcdef0123',
  author: 'ada',
  at: null,
  changelog: 'Says more.',
  bump: null,
  labels: [],
  losses,
});
const prompt = (name: string, versions: ImportedVersion[], already = 0): ImportedPrompt => ({
  name,
  original_name: name,
  versions,
  already,
  left_out: [],
  working_kept: false,
});
const dropped: Loss = { place: 'config.retries', effect: 'dropped', what: 'no place for it' };
const changed: Loss = { place: 'prompt', effect: 'changed', what: 'a variable has another name' };

describe('what an import brought', () => {
  it('counts what is new and what was there', () => {
    expect(takenText(prompt('a', [version('1.0.0')]), 'git')).toBe('1 version taken over from git');
    expect(takenText(prompt('a', [], 1), 'git')).toBe(
      '0 versions taken over from git, 1 was there already',
    );
    expect(takenText(prompt('a', [version('1.0.0'), version('1.1.0')], 2), 'Langfuse')).toBe(
      '2 versions taken over from Langfuse, 2 were there already',
    );
  });

  it('is one line for who no longer looks', () => {
    const one = prompt('answer', [version('1.0.0')]);
    expect(importedText({ format: 'git', prompts: [one] })).toBe('Imported answer: 1 version');
    const other = { ...prompt('b', []), left_out: [{ place: 'x', reason: 'y' }] };
    expect(importedText({ format: 'json', prompts: [one, other] })).toBe(
      'Imported 2 prompts: 1 version, 1 left out',
    );
    expect(importedText({ format: 'json', prompts: [] })).toBe('Imported 0 prompts: 0 versions');
  });

  it('shortens a commit and leaves out what has no name', () => {
    expect(wasText(version('1.0.0'))).toBe('0123456789ab');
    expect(wasText({ ...version('1.0.0'), id: null })).toBe('');
  });
});

describe('losses of an import', () => {
  it('are told once, with the versions that they befell', () => {
    const versions = [
      version('1.0.0', [dropped]),
      version('1.1.0', [dropped, changed, changed]),
      version('1.2.0', [dropped]),
    ];
    expect(lossRows(versions)).toEqual([
      { ...dropped, versions: 'all of them' },
      { ...changed, versions: '1.1.0' },
    ]);
  });

  it('count versions where they are many, and name none where there is one', () => {
    const many = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'].map((name) => version(name, [dropped]));
    expect(lossRows([...many, version('2.0.0')])[0]?.versions).toBe('4 versions');
    expect(lossRows([version('1.0.0', [dropped])])[0]?.versions).toBe('');
  });
});

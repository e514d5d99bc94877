import { expect, it } from 'vitest';
import { keyRemedy } from './keyText';

it('finds the origin that a problem names, and only there', () => {
  const problem =
    'https://api.openai.com needs a key and none was given in OPENAI_API_KEY\n' +
    'Set OPENAI_API_KEY, or keep one for it: `plumbline key set --origin https://api.openai.com`, or API keys in the window.';
  expect(keyRemedy(problem)?.origin).toBe('https://api.openai.com');
  expect(keyRemedy('`plumbline key set --origin http://127.0.0.1:8000`')?.origin).toBe(
    'http://127.0.0.1:8000',
  );
  expect(keyRemedy('https://api.openai.com answered HTTP 500')).toBeNull();
  expect(keyRemedy('plumbline key set --origin javascript:alert(1)')).toBeNull();
});

it('opens the keys where a locked file keeps one', () => {
  const problem =
    'the key for https://api.openai.com is kept, but cannot be read: the encrypted key file keys.age is locked\n' +
    'Set PLUMBLINE_KEY_PASSPHRASE, run the command at a terminal, or unlock the file under API keys in the window.';
  expect(keyRemedy(problem)).toEqual({ label: 'Open the keys…', origin: '' });
});

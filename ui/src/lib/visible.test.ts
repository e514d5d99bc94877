import { expect, it } from 'vitest';
import { visible } from './visible';

it('shows what is hidden and what turns words around', () => {
  expect(visible('\u202Egnp.exe\u202C')).toBe('\\u{202e}gnp.exe\\u{202c}');
  expect(visible('zero\u200Bwidth \u001b]52;c;aGk=\u0007')).toBe(
    'zero\\u{200b}width \\u{1b}]52;c;aGk=\\u{7}',
  );
});

it('leaves what people write as it is', () => {
  for (const text of ['a line\n\tand another', 'größe', 'שלום', '👩‍💻', 'می‌خواهم']) {
    expect(visible(text)).toBe(text);
  }
});

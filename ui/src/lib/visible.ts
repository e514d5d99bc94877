/**
 * Text from elsewhere with what nobody sees, and what turns the words around it, written as `\u{202e}`. Line ends and
 * tabs stay, and so does what joins letters and emoji.
 */
const HIDDEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

export function visible(text: string): string {
  return text.replace(HIDDEN, (found) =>
    found === '\n' || found === '\t' ? found : `\\u{${found.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}

/** Placeholders such as `[redacted:email:1f3a9c02]` in a text that was redacted. */
export interface TextPiece {
  text: string;
  placeholder: boolean;
}

const PLACEHOLDER = /(\[redacted:[a-z0-9_-]{1,32}:[0-9a-f]+\])/;

/** The text in pieces, in order; joined again they are the text. */
export function piecesOf(text: string): TextPiece[] {
  return text
    .split(PLACEHOLDER)
    .map((piece, index) => ({ text: piece, placeholder: index % 2 === 1 }))
    .filter((piece) => piece.text !== '');
}

/** The readable text of a message body: text, or the text members of its parts, one per line. */
import type { Content } from '$lib/bindings/Content';

export function messageText(content: Content): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => {
      if (typeof part === 'string') return part;
      if (part && typeof part === 'object' && !Array.isArray(part)) {
        const text = part.text ?? part.content;
        if (typeof text === 'string') return text;
      }
      return JSON.stringify(part);
    })
    .join('\n');
}

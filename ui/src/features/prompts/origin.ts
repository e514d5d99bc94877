/** Where an imported version was made: by whom, when, and what its source calls it. */
import type { PromptOrigin } from '$lib/bindings/PromptOrigin';
import { dateTime } from '$lib/format';

/** A commit is known by its first digits. */
const ID_SHOWN = 12;

export function originText({ source, id, author, at }: PromptOrigin): string {
  const from = id ? `${source} ${id.slice(0, ID_SHOWN)}` : source;
  const made = [author && `by ${author}`, at && `on ${dateTime(at)}`].filter(Boolean).join(' ');
  return made === '' ? `from ${from}` : `made ${made}, from ${from}`;
}

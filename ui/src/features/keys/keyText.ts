/** Words about API keys. */
import type { KeyFileState } from '$lib/bindings/KeyFileState';
import type { KeyPlace } from '$lib/bindings/KeyPlace';

export const PLACES: Record<KeyPlace, string> = {
  keyring: 'system keyring',
  file: 'encrypted file',
};

export const SHORTEST_PASSPHRASE = 8;

export const FILE_STATES: Record<KeyFileState, string> = {
  absent:
    'There is none yet. With a passphrase it can keep keys on a machine without a keyring; a forgotten passphrase cannot be recovered.',
  ready: 'There is none yet; the first key that is kept there makes it, under your passphrase.',
  locked: 'Locked: keys in it are not found before it is unlocked.',
  unlocked: 'Unlocked until Plumbline ends.',
};

/** What the API keys can do about a problem: take the key it misses, or open the file it is in. */
export function keyRemedy(text: string): { label: string; origin: string } | null {
  const origin = /plumbline key set --origin (https?:\/\/[^\s`]+)/.exec(text)?.[1];
  if (origin) return { label: 'Give the key…', origin };
  if (text.includes('under API keys in the window')) return { label: 'Open the keys…', origin: '' };
  return null;
}

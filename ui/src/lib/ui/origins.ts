/** The four origins in words. */
import type { Origin } from '$lib/bindings/Origin';

export const ORIGINS: Record<Origin, { word: string; letter: string; meaning: string }> = {
  live: { word: 'live', letter: 'L', meaning: 'sent to the provider by this run' },
  cached: { word: 'cached', letter: 'C', meaning: 'answered by the response cache' },
  recorded: { word: 'recorded', letter: 'R', meaning: 'taken from a recording of an earlier call' },
  estimated: { word: 'estimated', letter: 'E', meaning: 'computed before sending' },
};

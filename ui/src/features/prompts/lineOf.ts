import type { Problem } from '$lib/bindings/Problem';

/** The line of the prompt file that a problem names, if it does. */
export function lineOf(problem: Pick<Problem, 'message'>): number | null {
  const line = Number(/\(line (\d{1,7})\)/.exec(problem.message)?.[1]);
  return Number.isSafeInteger(line) && line > 0 ? line : null;
}

/** Turns whatever was thrown into the one error a person sees. */
import type { Problem } from '$lib/bindings/Problem';

export function asProblem(thrown: unknown): Problem {
  if (thrown && typeof thrown === 'object' && 'code' in thrown && 'message' in thrown) {
    const { code, message, hint } = thrown as Problem;
    return { code, message: String(message), hint: hint ?? null };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message, hint: null };
}

/** The whole problem as plain text, for the clipboard. */
export function problemText(problem: Problem): string {
  return [problem.code + ': ' + problem.message, problem.hint].filter(Boolean).join('\n');
}

/** The last answer of a question that changes while one types; it stays, as an old one, until the next comes. */

/** Call while a component initialises. An answer about another `subject` is not kept. */
export function keepLast<T>(
  answer: () => T | undefined,
  subject: () => string,
): { readonly value: T | undefined } {
  let last = $state.raw<{ subject: string; value: T }>();
  $effect(() => {
    const value = answer();
    if (value !== undefined) last = { subject: subject(), value };
  });
  return {
    get value() {
      return answer() ?? (last?.subject === subject() ? last.value : undefined);
    },
  };
}

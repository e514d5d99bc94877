/** A value once it has come to rest: typing asks nothing of the backend until it pauses. */
import { untrack } from 'svelte';

const AFTER_MS = 250;

/** Call while a component initialises. The first value is there at once. */
export function settled<T>(source: () => T, afterMs = AFTER_MS): { readonly value: T } {
  let value = $state.raw(untrack(source));
  $effect(() => {
    const next = source();
    const timer = setTimeout(() => (value = next), afterMs);
    return () => clearTimeout(timer);
  });
  return {
    get value() {
      return value;
    },
  };
}

/** What the text of the editor comes to with each of some models: those that were chosen, else those of its last runs. */
import type { Problem } from '$lib/bindings/Problem';
import type { PromptCosts } from '$lib/bindings/PromptCosts';
import type { VariablesFrom } from '$lib/bindings/VariablesFrom';
import { host } from '$lib/host';
import { query } from '$lib/query.svelte';
import { remember } from '$lib/remember.svelte';
import type { Draft } from './draft.svelte';
import { keepLast } from '$lib/keepLast.svelte';
import { settled } from './settled.svelte';

/** The engine takes no more, and a table of more is none that one reads. */
const MOST_MODELS = 8;
/** Typing stays instant: counting waits longer than checking. */
const AFTER_MS = 400;

export interface Costs {
  readonly shown: PromptCosts | undefined;
  readonly stale: boolean;
  readonly problem: Problem | undefined;
  /** False once there are as many as can be shown. */
  readonly hasRoom: boolean;
  /** A person chose the models; else they are those of the last runs. */
  readonly isChosen: boolean;
  add(model: string): void;
  remove(model: string): void;
  suggest(): void;
}

/** Call while a component initialises. */
export function costs(
  name: () => string,
  draft: () => Draft,
  from: () => VariablesFrom | null,
): Costs {
  const chosen = remember<Record<string, string[]>>('prompts.costs', {});
  const models = $derived(read(chosen.value, name()));
  const text = settled(() => draft().text, AFTER_MS);
  const counted = query(() => {
    const [prompt, written, asked, wanted] = [name(), text.value, from(), models];
    // Just opened: the text is still that of the prompt before.
    if (draft().view?.name !== prompt || written === '') return null;
    return {
      key: ['promptCosts', prompt, written, asked, wanted],
      load: () => host.promptCosts(prompt, written, asked, wanted),
      topics: ['dataset', 'run', 'price'],
    };
  });
  const shown = keepLast(() => counted.data, name);

  function choose(next: string[]) {
    chosen.value = { ...chosen.value, [name()]: next.slice(0, MOST_MODELS) };
  }
  const listed = () => shown.value?.models.map((row) => row.model) ?? [];
  return {
    get shown() {
      return shown.value;
    },
    get stale() {
      return counted.data === undefined;
    },
    get problem() {
      return counted.problem;
    },
    get hasRoom() {
      return listed().length < MOST_MODELS;
    },
    get isChosen() {
      return models.length > 0;
    },
    add: (model) => choose([...listed(), model]),
    remove: (model) => choose(listed().filter((other) => other !== model)),
    suggest: () => choose([]),
  };
}

/** What a store holds may be anything. */
function read(all: unknown, name: string): string[] {
  const known = all && typeof all === 'object' ? (all as Record<string, unknown>)[name] : undefined;
  return Array.isArray(known) ? known.filter((model) => typeof model === 'string') : [];
}

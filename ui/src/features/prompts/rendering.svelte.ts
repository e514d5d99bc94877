/** A prompt filled in with a case, following the typing: the last answer stays, marked as old, until the next. */
import type { Problem } from '$lib/bindings/Problem';
import type { PromptView } from '$lib/bindings/PromptView';
import type { RenderView } from '$lib/bindings/RenderView';
import type { VariablesFrom } from '$lib/bindings/VariablesFrom';
import { host } from '$lib/host';
import { query } from '$lib/query.svelte';
import type { Draft } from './draft.svelte';
import { keepLast } from '$lib/keepLast.svelte';
import { settled } from './settled.svelte';

export interface Rendering {
  readonly shown: RenderView | undefined;
  /** What is shown is of an earlier text or case. */
  readonly stale: boolean;
  /** The text of the editor is shown, not that of the file. */
  readonly unsaved: boolean;
  readonly problem: Problem | undefined;
  readonly busy: boolean;
  readonly slow: boolean;
  reload(): void;
}

/** Call while a component initialises. */
export function rendering(
  view: () => PromptView,
  draft: () => Draft,
  from: () => VariablesFrom | null,
): Rendering {
  const text = settled(() => (draft().isWorking && draft().dirty ? draft().text : null));
  const rendered = query(() => {
    const { name, version, text_hash } = view();
    const [asked, unsaved] = [from(), text.value];
    if (asked === null) return null;
    const released = version === 'working' ? null : version;
    return {
      key: ['promptRender', name, released, text_hash, unsaved, asked],
      load: () => host.promptRender(name, released, unsaved, asked),
      topics: ['prompt', 'dataset'],
    };
  });
  const shown = keepLast(
    () => rendered.data,
    () => `${view().name} ${view().version}`,
  );
  return {
    get shown() {
      return shown.value;
    },
    get stale() {
      return rendered.data === undefined || rendered.problem !== undefined;
    },
    get unsaved() {
      return text.value !== null;
    },
    get problem() {
      return rendered.problem;
    },
    get busy() {
      return rendered.busy;
    },
    get slow() {
      return rendered.slow;
    },
    reload: () => rendered.reload(),
  };
}

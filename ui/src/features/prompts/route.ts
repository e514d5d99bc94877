/** The address of a prompt: which one, which version, which tab. */
import { href, type Route } from '$lib/router.svelte';

export const TABS = [
  'editor',
  'rendered',
  'diff',
  'history',
  'lines',
  'environments',
  'usage',
] as const;
export type PromptTab = (typeof TABS)[number];

export interface PromptAddress {
  name: string | null;
  /** null is the working file. */
  version: string | null;
  tab: PromptTab;
}

export function addressOf(route: Route): PromptAddress {
  const tab = TABS.find((t) => t === route.params.tab) ?? 'editor';
  return { name: route.rest[0] ?? null, version: route.params.v ?? null, tab };
}

/** Link to a prompt; the first tab and the working file need no parameter. */
export function promptHref(name: string, version: string | null = null, tab?: PromptTab): string {
  return href('prompts', [name], { v: version, tab: tab === 'editor' ? null : tab });
}

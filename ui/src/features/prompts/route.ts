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

/** The first part of an address that is a tool's; no prompt has this name. */
const TOOLS = 'tools';

export interface PromptAddress {
  name: string | null;
  /** null where prompts are shown, empty where no tool is chosen. */
  tool: string | null;
  /** null is the working file. */
  version: string | null;
  tab: PromptTab;
}

export function addressOf(route: Route): PromptAddress {
  const tab = TABS.find((t) => t === route.params.tab) ?? 'editor';
  const isTool = route.rest[0] === TOOLS;
  return {
    name: isTool ? null : (route.rest[0] ?? null),
    tool: isTool ? (route.rest[1] ?? '') : null,
    version: route.params.v ?? null,
    tab,
  };
}

/** Link to a prompt; the first tab and the working file need no parameter. */
export function promptHref(name: string, version: string | null = null, tab?: PromptTab): string {
  return href('prompts', [name], { v: version, tab: tab === 'editor' ? null : tab });
}

/** Link to a tool, or to the list of them. */
export function toolHref(name?: string, version: string | null = null): string {
  return href('prompts', name === undefined ? [TOOLS] : [TOOLS, name], { v: version });
}

/**
 * The screens of the rail, in its order. A feature is one folder with a default-exported
 * `<Name>Screen.svelte`; it is loaded when it is first opened.
 */
import type { IconName } from '$lib/ui/Icon.svelte';
import type { Component } from 'svelte';

export interface Screen {
  /** First part of the address. */
  id: string;
  label: string;
  icon: IconName;
  /** tinykeys chord that goes there. */
  keys: string;
  load: () => Promise<{ default: Component }>;
}

export const screens: Screen[] = [
  {
    id: 'prompts',
    label: 'Prompts',
    icon: 'prompts',
    keys: 'g p',
    load: () => import('../features/prompts/PromptsScreen.svelte'),
  },
  {
    id: 'replay',
    label: 'Replay',
    icon: 'replay',
    keys: 'g r',
    load: () => import('../features/replay/ReplayScreen.svelte'),
  },
  {
    id: 'compare',
    label: 'Compare',
    icon: 'compare',
    keys: 'g c',
    load: () => import('../features/compare/CompareScreen.svelte'),
  },
  {
    id: 'traces',
    label: 'Traces',
    icon: 'traces',
    keys: 'g t',
    load: () => import('../features/traces/TracesScreen.svelte'),
  },
  {
    id: 'cost',
    label: 'Cost',
    icon: 'cost',
    keys: 'g $',
    load: () => import('../features/cost/CostScreen.svelte'),
  },
];

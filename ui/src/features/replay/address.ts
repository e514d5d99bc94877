/** The address of the replay screen: which run, cell and grid filter it names; or what a new run starts with. */
import type { CellStatus } from '$lib/bindings/CellStatus';
import type { GridFilter } from '$lib/bindings/GridFilter';
import type { Route } from '$lib/router.svelte';

const STATUSES: CellStatus[] = [
  'pending',
  'complete',
  'truncated',
  'failed',
  'unknown',
  'not_sent',
];

export interface ReplayAddress {
  /** null: the form of a new run. */
  runId: string | null;
  cellId: string | null;
  filter: GridFilter;
  /** What another screen asks a new run to start with. */
  prompts: string[];
  dataset: string | null;
}

export function addressOf(route: Route): ReplayAddress {
  const { params } = route;
  return {
    runId: route.rest[0] ?? null,
    cellId: route.rest[0] === undefined ? null : (params.cell ?? null),
    filter: {
      status: STATUSES.find((status) => status === params.status) ?? null,
      only_failing: params.failing === '1',
      text: params.q ?? '',
    },
    prompts: (params.prompt ?? '').split(',').filter(Boolean),
    dataset: params.dataset ?? null,
  };
}

export function filterParams(filter: GridFilter): Record<string, string | null> {
  return {
    status: filter.status,
    failing: filter.only_failing ? '1' : null,
    q: filter.text || null,
  };
}

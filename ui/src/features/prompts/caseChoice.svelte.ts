/** The case that a prompt is filled in with: chosen in the address, else the first that fits the prompt. */
import type { CasePage } from '$lib/bindings/CasePage';
import type { DatasetRow } from '$lib/bindings/DatasetRow';
import type { PromptSpec } from '$lib/bindings/PromptSpec';
import type { VariablesFrom } from '$lib/bindings/VariablesFrom';
import { host } from '$lib/host';
import { query } from '$lib/query.svelte';
import { router } from '$lib/router.svelte';
import { fittingDataset } from './fittingDataset';

const CASES_SHOWN = 200;

export interface CaseChoice {
  /** Undefined while they are read. */
  readonly datasets: DatasetRow[] | undefined;
  readonly dataset: DatasetRow | undefined;
  readonly cases: CasePage['cases'] | undefined;
  readonly key: string | undefined;
  /** Place of the chosen case in the list, −1 when it is not among those shown. */
  readonly index: number;
  readonly from: Extract<VariablesFrom, { from: 'case' }> | null;
  step(by: number): void;
}

/** Call while a component initialises. Those who ask for the same prompt see the same choice. */
export function caseChoice(spec: () => Pick<PromptSpec, 'variables'> | null): CaseChoice {
  const datasets = query(() => ({
    key: ['datasetList'],
    load: () => host.datasetList(),
    topics: ['dataset'],
  }));
  const dataset = $derived(
    datasets.data?.find((row) => row.name === router.route.params.dataset) ??
      fittingDataset(datasets.data ?? [], spec()),
  );
  const cases = query(() => {
    const name = dataset?.name;
    if (name === undefined) return null;
    return {
      key: ['datasetCases', name, 0, CASES_SHOWN],
      load: () => host.datasetCases(name, 0, CASES_SHOWN, ''),
      topics: ['dataset'],
    };
  });
  const key = $derived(router.route.params.case ?? cases.data?.cases[0]?.key);
  const index = $derived(cases.data?.cases.findIndex((row) => row.key === key) ?? -1);
  const from = $derived(
    dataset === undefined || key === undefined
      ? null
      : { from: 'case' as const, dataset: dataset.name, key },
  );
  return {
    get datasets() {
      return datasets.data;
    },
    get dataset() {
      return dataset;
    },
    get cases() {
      return cases.data?.cases;
    },
    get key() {
      return key;
    },
    get index() {
      return index;
    },
    get from() {
      return from;
    },
    step(by) {
      const next = cases.data?.cases[index + by];
      if (next) router.set({ case: next.key }, { replace: true });
    },
  };
}

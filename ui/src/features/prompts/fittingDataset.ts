import type { DatasetRow } from '$lib/bindings/DatasetRow';
import type { PromptSpec } from '$lib/bindings/PromptSpec';

/** The first dataset that has what the prompt cannot do without; else the first, whose error says what it lacks. */
export function fittingDataset(
  datasets: DatasetRow[],
  spec: Pick<PromptSpec, 'variables'> | null,
): DatasetRow | undefined {
  // A member without a value is not written at all.
  const needed = (spec?.variables ?? []).filter((variable) => (variable.default ?? null) === null);
  const fits = (row: DatasetRow) =>
    needed.every((variable) => row.variables.includes(variable.name));
  return datasets.find(fits) ?? datasets[0];
}

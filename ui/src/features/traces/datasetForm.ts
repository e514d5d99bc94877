/** What the dialog proposes and accepts when calls become a dataset. */
import type { TraceFilter } from '$lib/bindings/TraceFilter';

const MOST = 10_000;

/** What of a call becomes a case. */
export type Take = 'variables' | 'requests' | 'conversations';

export const TAKES: { value: Take; label: string }[] = [
  { value: 'variables', label: 'variables of its prompt, to try another version' },
  { value: 'requests', label: 'the request as it was sent, to try another model' },
  { value: 'conversations', label: 'conversations, with what their tools answered' },
];

/** One call carries its own variables only, which are no other version's. */
export const TAKES_OF_ONE = TAKES.filter((take) => take.value !== 'variables');

/** A model call that was chosen by hand. */
export interface ChosenCall {
  traceId: string;
  spanId: string;
  promptName: string | null;
}

/** A name for the dataset of one call: two calls never share it, whatever their ids look like. */
export function callName(call: ChosenCall): string {
  return fileName([call.promptName ?? 'call', call.traceId.slice(0, 16), call.spanId]);
}

/** A name from what was filtered by; plain signs only, as it may become a file name. */
export function datasetName(filter: TraceFilter, promptName: string | null): string {
  const parts = [
    filter.prompt_name ?? promptName,
    filter.environment,
    filter.only_errors || filter.status === 'error' ? 'errors' : null,
    'calls',
  ].filter((part) => part !== null);
  return fileName(parts);
}

function fileName(parts: string[]): string {
  return parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '')
    .slice(0, 60);
}

/** A whole number from 1 to 10,000, or null. */
export function limitOf(text: string): number | null {
  const digits = text.trim().replaceAll(',', '');
  if (!/^\d{1,6}$/.test(digits)) return null;
  const value = Number(digits);
  return value >= 1 && value <= MOST ? value : null;
}

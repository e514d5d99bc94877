/** The loss report in words. */
import type { ImportRow } from '$lib/bindings/ImportRow';
import type { LossCounts } from '$lib/bindings/LossCounts';

const FORMATS: Record<string, string> = {
  otlp_http: 'live intake',
  otlp_json: 'OTLP JSON',
  otlp_protobuf: 'OTLP protobuf',
};

export function fileName(path: string): string {
  return path.split(/[\\/]/).pop() || path;
}

export function formatName(format: string): string {
  return FORMATS[format] ?? format.replaceAll('_', ' ');
}

/**
 * The imports that still take in, newest first given: of each address that is listened on, the newest. Earlier ones
 * of the same address that are not complete were cut off.
 */
export function liveImports(rows: ImportRow[], addresses: readonly string[]): Set<string> {
  const live = addresses.map((at) => rows.find((row) => row.report.path === at));
  return new Set(live.flatMap((row) => (row && !row.complete ? [row.id] : [])));
}

export function stateOf(row: ImportRow, isLive = false): string {
  if (isLive) return 'listening';
  if (!row.complete) return 'not complete';
  return row.report.quarantined > 0 ? 'complete, with losses' : 'complete';
}

/** Every row that was read must be somewhere. */
export function addsUp(counts: LossCounts): boolean {
  return counts.read === counts.stored + counts.duplicate + counts.quarantined;
}

/** "tokens_in" -> "tokens in". */
export function fieldName(field: string): string {
  return field.replaceAll('_', ' ');
}

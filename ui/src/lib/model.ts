/**
 * True when a provider answered with another model than was asked for. An alias that was answered by
 * one of its dated snapshots is the same model.
 */
export function modelDiffers(
  requested: string | null,
  returned: string | null | undefined,
): boolean {
  if (requested === null || returned == null) return false;
  const rest = returned.startsWith(requested) ? returned.slice(requested.length) : null;
  return rest === null || !/^(?:[-@:]\d[\d-]*)?$/.test(rest);
}

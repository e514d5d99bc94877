/** Finds the nearest case that is not the same among rows of which only some are loaded. */
import type { CompareRow } from '$lib/bindings/CompareRow';

const CHUNK = 100;
/** Pages that are read in search of one. */
const MOST_CHUNKS = 100;

/** From this index on, forwards or backwards; null when there is none, or none near. */
export async function nextChanged(
  read: (offset: number, limit: number) => Promise<CompareRow[]>,
  from: number,
  by: 1 | -1,
  total: number,
): Promise<CompareRow | null> {
  let at = from;
  for (let chunk = 0; chunk < MOST_CHUNKS && at >= 0 && at < total; chunk += 1) {
    const first = by > 0 ? at : Math.max(0, at - CHUNK + 1);
    const found = await read(first, by > 0 ? CHUNK : at - first + 1);
    if (found.length === 0) return null;
    const next = (by > 0 ? found : [...found].reverse()).find((row) => row.verdict !== 'same');
    if (next) return next;
    at = by > 0 ? first + found.length : first - 1;
  }
  return null;
}

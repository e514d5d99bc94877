/** Rearranging the compared sides; the first is the baseline. */
import type { RunColumn } from '$lib/bindings/RunColumn';
import type { Side } from '$lib/bindings/Side';
import { MOST_SIDES } from './address';

export function replaced(sides: readonly Side[], at: number, side: Side): Side[] {
  return sides.map((old, index) => (index === at ? side : old));
}

/** The old baseline takes the place of the new one. */
export function withBaseline(sides: readonly Side[], at: number): Side[] {
  const [first, next] = [sides[0], sides[at]];
  if (!first || !next) return [...sides];
  return sides.map((side, index) => (index === 0 ? next : index === at ? first : side));
}

export function without(sides: readonly Side[], at: number): Side[] {
  return sides.length <= 2 ? [...sides] : sides.filter((_, index) => index !== at);
}

const same = (a: Side, b: Side) => a.run_id === b.run_id && (a.column ?? 0) === (b.column ?? 0);

/** A further column of the last side's run that is not compared yet, or its first column again. */
export function nextSide(
  sides: readonly Side[],
  columns: readonly Pick<RunColumn, 'index'>[],
): Side | null {
  const last = sides.at(-1);
  if (!last || sides.length >= MOST_SIDES) return null;
  const free = columns
    .map((column): Side => ({ run_id: last.run_id, column: column.index }))
    .find((side) => !sides.some((taken) => same(taken, side)));
  return free ?? { run_id: last.run_id, column: last.column ?? 0 };
}

/** Columns of the grid: the case and the baseline stay at the left, the others share what is left. */
import type { SideView } from '$lib/bindings/SideView';
import { LETTERS } from './address';
import { sideLabels } from './sideLabels';

export interface GridColumn {
  id: string;
  label: string;
  /** Longer words for the head. */
  title: string;
  /** Index of the side; null for the case and for what was said about it. */
  side: number | null;
  /** A CSS grid track. */
  track: string;
  /** Its width while a handle moves it, in pixels. */
  width: number;
  /** Distance from the left edge where it stays, in pixels; null where it scrolls. */
  left: number | null;
}

export const CASE = 'case';
export const REVIEW = 'review';
export const LEAST_PX = 72;
export const MOST_PX = 1200;
const WIDTHS: Record<string, number> = { [CASE]: 132, [REVIEW]: 104 };
const SIDE_PX = 180;

/** By id, in pixels; a column that is not there shares the room that is left. */
export type Widths = Record<string, number>;

export function clampWidth(width: number): number {
  return Math.round(Math.min(MOST_PX, Math.max(LEAST_PX, width)));
}

export function gridColumns(
  sides: readonly SideView[],
  hidden: readonly number[],
  widths: Widths,
  /** The baseline stays, too: there is room beside it. */
  stays = true,
): GridColumn[] {
  const labels = sideLabels(sides);
  const fixed = (id: string) => widths[id] ?? WIDTHS[id];
  const column = (id: string, label: string, title: string, side: number | null): GridColumn => {
    const own = fixed(id);
    return {
      id,
      label,
      title,
      side,
      width: own ?? SIDE_PX,
      track: own === undefined ? `minmax(${SIDE_PX}px, 1fr)` : `${own}px`,
      left: null,
    };
  };
  const first = column(CASE, 'Case', 'Case', null);
  first.left = 0;
  const shown = sides.flatMap((side, index) => {
    if (index > 0 && hidden.includes(index)) return [];
    const name = `${side.prompt_name} ${side.prompt_version} on ${side.target.provider}:${side.target.model}`;
    const made = column(
      `s${index}`,
      `${LETTERS[index]} ${labels[index] ?? ''}`,
      index === 0 ? `Baseline: ${name}` : name,
      index,
    );
    if (index === 0 && stays) made.left = first.width;
    return [made];
  });
  return [first, ...shown, column(REVIEW, 'Review', 'Decision for B, and labels', null)];
}

/** The least width of all of them, in pixels. */
export function leastWidth(columns: readonly GridColumn[]): number {
  return columns.reduce((sum, column) => sum + column.width, 0);
}

/**
 * Which rows of a list of one height exist in the document. A page can be no taller than about 33
 * million pixels: a longer list has a scrollbar to scale, and its rows move with what is in sight.
 */
import { untrack } from 'svelte';

/** Below the 33,554,428 px at which WebKit and Chromium stop. */
const TALLEST_PX = 30_000_000;
const OVERSCAN = 8;

export interface RowPlace {
  index: number;
  /** Distance from the top of the scrolled content, in pixels. */
  start: number;
}

export interface FixedRows {
  readonly items: RowPlace[];
  readonly totalSize: number;
  /** Which part of the rows is in sight, from 0 to 1. */
  readonly sight: [from: number, to: number];
  /** By no more than it takes, or so that the row stands in the middle. */
  scrollTo(index: number, align?: 'nearest' | 'center'): void;
}

/** How far a scrollbar of `shown` pixels moves a list of `whole` pixels, each pixel of it. */
export function scaleOf(whole: number, shown: number, viewport: number): number {
  return whole <= shown || shown <= viewport ? 1 : (whole - viewport) / (shown - viewport);
}

export function fixedRows(
  options: () => {
    count: number;
    rowHeight: number;
    element: HTMLElement | undefined;
    /** Height of a head that stays at the top of the viewport, above the rows. */
    head?: number;
  },
): FixedRows {
  let scrolled = $state(0);
  let viewport = $state(0);
  const whole = $derived(options().count * options().rowHeight);
  const shown = $derived(Math.min(whole, TALLEST_PX));
  const scale = $derived(scaleOf(whole, shown, viewport));
  const items = $derived.by(() => {
    const { count, rowHeight } = options();
    const top = Math.min(scrolled * scale, Math.max(0, whole - viewport));
    const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
    const last = Math.min(count - 1, Math.ceil((top + viewport) / rowHeight) + OVERSCAN);
    const shift = scale === 1 ? 0 : scrolled - top;
    const places: RowPlace[] = [];
    for (let index = first; index <= last; index += 1) {
      places.push({ index, start: index * rowHeight + shift });
    }
    return places;
  });

  $effect(() => {
    const { element, head = 0 } = options();
    if (!element) return;
    const measure = () => {
      viewport = Math.max(0, element.clientHeight - head);
      scrolled = element.scrollTop;
    };
    untrack(measure);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  });

  return {
    get items() {
      return items;
    },
    get totalSize() {
      return shown;
    },
    get sight(): [number, number] {
      if (whole === 0) return [0, 1];
      const top = Math.min(scrolled * scale, Math.max(0, whole - viewport));
      return [top / whole, Math.min(1, (top + viewport) / whole)];
    },
    scrollTo(index, align = 'nearest') {
      const { rowHeight, element } = options();
      if (!element) return;
      const top = element.scrollTop * scale;
      const row = index * rowHeight;
      let want = top;
      if (align === 'center') want = Math.max(0, row - (viewport - rowHeight) / 2);
      else if (row < top) want = row;
      else if (row + rowHeight > top + viewport) want = row + rowHeight - viewport;
      if (want === top) return;
      element.scrollTop = want / scale;
      scrolled = element.scrollTop;
    },
  };
}

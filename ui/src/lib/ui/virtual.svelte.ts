/** TanStack's virtualiser as runes: which rows of a long list exist in the document. */
import { createVirtualizer, type VirtualItem } from '@tanstack/svelte-virtual';
import { untrack } from 'svelte';

export interface Virtual {
  readonly items: VirtualItem[];
  readonly totalSize: number;
  scrollTo(index: number, align?: 'auto' | 'start' | 'center' | 'end'): void;
  /** Svelte action for rows whose height is not known; the element needs `data-index`. */
  measure(node: HTMLElement): void;
}

export function virtual(
  options: () => {
    count: number;
    rowHeight: number;
    element: HTMLElement | undefined;
    /** Room for a sticky head. */
    padStart?: number;
    overscan?: number;
  },
): Virtual {
  let items = $state.raw<VirtualItem[]>([]);
  let totalSize = $state(0);
  const store = createVirtualizer<HTMLElement, HTMLElement>({
    count: 0,
    getScrollElement: () => null,
    estimateSize: () => 0,
  });
  let current: Parameters<Parameters<typeof store.subscribe>[0]>[0] | undefined;

  $effect(() =>
    store.subscribe((next) => {
      current = next;
      items = next.getVirtualItems();
      totalSize = next.getTotalSize();
    }),
  );

  $effect(() => {
    const { count, rowHeight, element, padStart = 0, overscan = 8 } = options();
    untrack(() => {
      if (!element) return;
      current?.setOptions({
        count,
        overscan,
        getScrollElement: () => element,
        estimateSize: () => rowHeight,
        scrollPaddingStart: padStart,
      });
    });
  });

  return {
    get items() {
      return items;
    },
    get totalSize() {
      return totalSize;
    },
    scrollTo: (index, align = 'auto') => current?.scrollToIndex(index, { align }),
    measure: (node) => current?.measureElement(node),
  };
}

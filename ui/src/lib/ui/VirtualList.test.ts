import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { createRawSnippet } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import { nextIndex } from './listKeys';
import VirtualList from './VirtualList.svelte';

const row = createRawSnippet<[string, { index: number; selected: boolean }]>((item) => ({
  render: () => '<span></span>',
  setup: (element) => {
    element.textContent = item();
  },
}));

function show(count: number) {
  const onselect = vi.fn();
  const onopen = vi.fn();
  const onvisible = vi.fn();
  render(VirtualList<string>, {
    label: 'Things',
    count,
    at: (index: number) => `thing ${index}`,
    keyOf: (item: string) => item,
    rowHeight: 28,
    onselect,
    onopen,
    onvisible,
    row,
  });
  return { onselect, onopen, onvisible };
}

describe('VirtualList', () => {
  it('puts only the rows in sight into the document and says which they are', async () => {
    const { onvisible } = show(10_000);
    const options = await screen.findAllByRole('option');
    expect(options.length).toBeLessThan(80);
    expect(options[0]).toHaveAttribute('aria-setsize', '10000');
    expect(onvisible).toHaveBeenCalledWith(0, options.length - 1);
  });

  it('moves by j, k, arrows, Home and End, and opens with Enter', async () => {
    const { onselect, onopen } = show(10);
    const user = userEvent.setup();
    await user.tab();
    expect(screen.getByRole('listbox')).toHaveFocus();
    await user.keyboard('jj{ArrowDown}k');
    expect(onselect.mock.calls.map(([item]) => item as string)).toEqual([
      'thing 0',
      'thing 1',
      'thing 2',
      'thing 1',
    ]);
    await user.keyboard('{End}');
    expect(onselect).toHaveBeenLastCalledWith('thing 9', 9);
    await user.keyboard('j{Home}');
    expect(onselect).toHaveBeenLastCalledWith('thing 0', 0);
    await user.keyboard('{Enter}');
    expect(onopen).toHaveBeenCalledWith('thing 0', 0);
  });

  it('leaves chords with modifiers to the window', async () => {
    const { onselect } = show(10);
    const user = userEvent.setup();
    await user.tab();
    await user.keyboard('{Control>}k{/Control}');
    expect(onselect).not.toHaveBeenCalled();
  });
});

describe('nextIndex', () => {
  it('stays inside the list and ignores other keys', () => {
    expect(nextIndex('j', 4, 5, 10)).toBe(4);
    expect(nextIndex('k', 0, 5, 10)).toBe(0);
    expect(nextIndex('k', -1, 5, 10)).toBe(4);
    expect(nextIndex('PageDown', 1, 100, 10)).toBe(11);
    expect(nextIndex('PageUp', 4, 100, 10)).toBe(0);
    expect(nextIndex('x', 1, 5, 10)).toBeNull();
    expect(nextIndex('j', -1, 0, 10)).toBeNull();
  });
});

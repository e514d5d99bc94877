/** Keys of every list and grid: which index the selection moves to, or null when the key is not ours. */
export function nextIndex(key: string, index: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const last = count - 1;
  switch (key) {
    case 'j':
    case 'ArrowDown':
      return Math.min(last, index + 1);
    case 'k':
    case 'ArrowUp':
      return Math.max(0, index < 0 ? last : index - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'PageDown':
      return Math.min(last, Math.max(0, index) + page);
    case 'PageUp':
      return Math.max(0, index - page);
    default:
      return null;
  }
}

/** Where the changes of a diff stand, for n and p and for the strip beside it. */
import type { DiffLine } from '$lib/ui/diffLines';

export interface Block {
  /** First line of the run of changed lines, and how many there are. */
  start: number;
  lines: number;
  removed: boolean;
  added: boolean;
}

export function changeBlocks(lines: readonly DiffLine[]): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  lines.forEach((line, index) => {
    const [removed, added] = signs(line);
    if (!removed && !added) {
      open = undefined;
      return;
    }
    if (!open) {
      open = { start: index, lines: 0, removed: false, added: false };
      blocks.push(open);
    }
    open.lines += 1;
    open.removed ||= removed;
    open.added ||= added;
  });
  return blocks;
}

function signs(line: DiffLine): [removed: boolean, added: boolean] {
  if (line.kind === 'unified') return [line.sign === '−', line.sign === '+'];
  if (line.kind === 'split') return [line.a?.sign === '−', line.b?.sign === '+'];
  return [false, false];
}

/** Word for a block: what went, what came, or both. */
export function blockWord(block: Block): 'changed' | 'removed' | 'added' {
  return block.removed && block.added ? 'changed' : block.removed ? 'removed' : 'added';
}

/**
 * One table of everything that can be done: it feeds the palette, the keys and the help sheet.
 * A screen adds its commands with `useCommands` while it is on screen.
 */
import { tinykeys } from 'tinykeys';
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';

export interface Command {
  id: string;
  label: string;
  /** Heading in the palette and the help sheet. */
  group: string;
  /** tinykeys notation: `$mod+k`, `g p`, `?`. */
  keys?: string;
  /** Hidden and dead while this says false. */
  when?: () => boolean;
  run: () => void;
  /** A second form of another command: works by key, stands in the help sheet, not in the palette. */
  keysOnly?: boolean;
}

const sources = new SvelteMap<symbol, Command[]>();

/** Groups of the frame; those of the screen on show stand before them. */
const FRAME_GROUPS = ['Go', 'View', 'Workspace'];

/** Every command of the table, what is on screen first, each group in one piece. */
export function allCommands(): Command[] {
  const commands = [...sources.values()].flat();
  const groups = [...new Set(commands.map((c) => c.group))];
  const rank = (group: string) =>
    FRAME_GROUPS.includes(group)
      ? groups.length + FRAME_GROUPS.indexOf(group)
      : groups.indexOf(group);
  return commands.sort((a, b) => rank(a.group) - rank(b.group));
}

/** Those that can run now. */
export function available(): Command[] {
  return allCommands().filter((command) => command.when?.() ?? true);
}

/**
 * Commands of a component, for as long as it is mounted. The list is made inside the component, so
 * that nobody outside reads its state while it goes away; `when` and `run` are called later.
 */
export function useCommands(source: () => Command[]): void {
  $effect(() => {
    const id = Symbol();
    const commands = source();
    untrack(() => sources.set(id, commands));
    return () => void sources.delete(id);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select'))
  );
}

/** One that is on its way out is no longer there. */
const OVERLAY =
  '[role="dialog"]:not([data-state="closed"]), [role="listbox"][data-state="open"], [role="menu"][data-state="open"]';

/** Overlays own their keys. */
function overlayOpen(): boolean {
  return document.querySelector(OVERLAY) !== null;
}

/**
 * Binds the keys of the table to the window; call inside an effect so that it follows the table.
 * Of two commands on the same keys the first that can run does.
 */
export function bindKeys(commands: Command[]): () => void {
  const byKeys: Record<string, Command[]> = {};
  for (const command of commands) {
    for (const keys of withAndWithoutShift(command.keys)) (byKeys[keys] ??= []).push(command);
  }
  const bindings = Object.entries(byKeys).map(([keys, candidates]) => {
    const withModifier = keys.includes('$mod');
    const handle = (event: KeyboardEvent) => {
      if (event.defaultPrevented || overlayOpen()) return;
      if (!withModifier && isTyping(event.target)) return;
      const command = candidates.find((candidate) => candidate.when?.() ?? true);
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    return [keys, handle] as const;
  });
  // `g p` before `p`: the first that runs takes the key.
  const presses = (keys: string) => keys.split(' ').length;
  bindings.sort(([a], [b]) => presses(b) - presses(a));
  return tinykeys(window, Object.fromEntries(bindings));
}

/** Signs such as `?` and `$` need Shift on some keyboards and not on others: both count. */
function withAndWithoutShift(keys: string | undefined): string[] {
  if (keys === undefined) return [];
  const shifted = keys
    .split(' ')
    .map((press) => (/^[^\w\s]$/.test(press) ? `Shift+${press}` : press))
    .join(' ');
  return shifted === keys ? [keys] : [keys, shifted];
}

const isMac = typeof navigator !== 'undefined' && /Mac/.test(navigator.platform);

/** `$mod+k` -> ["Ctrl", "K"], `g p` -> ["g", "p"]: what stands on the key caps. */
export function keyCaps(keys: string): string[] {
  return keys
    .split(' ')
    .flatMap((press) => press.split('+'))
    .map((key) => {
      if (key === '$mod') return isMac ? '⌘' : 'Ctrl';
      if (key === 'Shift') return 'Shift';
      if (key === 'Escape') return 'Esc';
      return keys.includes('$mod') && key.length === 1 ? key.toUpperCase() : key;
    });
}

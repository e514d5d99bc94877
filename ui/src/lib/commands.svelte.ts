/**
 * One table of everything that can be done: it feeds the palette, the keys and the help sheet.
 * A screen adds its commands with `useCommands` while it is on screen.
 */
import { tinykeys } from 'tinykeys';
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

const sources = new SvelteMap<symbol, () => Command[]>();

/** Every command that can run now, in the order of registration; a later one wins its keys. */
export function available(): Command[] {
  return [...sources.values()].flatMap((source) => source()).filter((c) => c.when?.() ?? true);
}

export function register(source: () => Command[]): () => void {
  const id = Symbol();
  sources.set(id, source);
  return () => void sources.delete(id);
}

/** Commands of a component, for as long as it is mounted. */
export function useCommands(source: () => Command[]): void {
  $effect(() => register(source));
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select'))
  );
}

/** Overlays own their keys. */
function overlayOpen(): boolean {
  return document.querySelector('[role="dialog"], [role="listbox"][data-state="open"]') !== null;
}

/** Binds the keys of the table to the window; call inside an effect so that it follows the table. */
export function bindKeys(commands: Command[]): () => void {
  const bindings: Record<string, (event: KeyboardEvent) => void> = {};
  for (const command of commands) {
    if (!command.keys) continue;
    const withModifier = command.keys.includes('$mod');
    const handle = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if (!withModifier && (isTyping(event.target) || overlayOpen())) return;
      if (withModifier && overlayOpen()) return;
      if (command.when && !command.when()) return;
      event.preventDefault();
      command.run();
    };
    for (const keys of withAndWithoutShift(command.keys)) bindings[keys] = handle;
  }
  return tinykeys(window, bindings);
}

/** Signs such as `?` and `$` need Shift on some keyboards and not on others: both count. */
function withAndWithoutShift(keys: string): string[] {
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

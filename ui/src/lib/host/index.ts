/**
 * Picks the host once, at start. Features import `host` from here and know nothing else.
 * In a plain browser (`npm run dev`, `vite build --mode browser`) the fixture host answers; the app's own
 * build does not carry it.
 */
import type { Host } from './host';

export type { Host, ReplayStarted } from './host';

let chosen: Host | undefined;

/** Tests and `main.ts` set the host before anything mounts. */
export function setHost(next: Host): void {
  chosen = next;
}

export async function chooseHost(): Promise<void> {
  if ('__TAURI_INTERNALS__' in window) setHost((await import('./tauri')).tauriHost);
  else if (import.meta.env.MODE === 'production') throw new Error('open this page in Plumbline');
  else setHost((await import('./fixture')).fixtureHost());
}

export const host: Host = new Proxy({} as Host, {
  get(_target, method: keyof Host) {
    if (!chosen) throw new Error('the host is not chosen yet');
    return chosen[method].bind(chosen);
  },
});

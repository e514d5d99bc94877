/**
 * What changed in the workspace, by whichever process: one poller, many listeners.
 * The first answer only tells where the count stands.
 */
import { host } from '$lib/host';

const TOPICS = [
  'import',
  'span',
  'prompt',
  'dataset',
  'run',
  'cell',
  'price',
  'setting',
  'review',
  'job',
] as const;

/** What a query can depend on; `job` is the window's own, for the end of a job. */
export type Topic = (typeof TOPICS)[number];

type Listener = (topics: ReadonlySet<string>) => void;

const listeners = new Set<Listener>();

export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells every query that depends on these topics to load again. */
export function announce(topics: Iterable<string>): void {
  const set = new Set(topics);
  if (set.size > 0) for (const listener of [...listeners]) listener(set);
}

const EVERY_MS = 400;

/** Polls while the window is visible; returns how to stop. A failed poll is tried again later. */
export function followChanges(): () => void {
  let seq: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  async function poll() {
    let wait = EVERY_MS;
    try {
      const batch = await host.changesSince(seq ?? 0);
      if (seq !== null) announce(batch.gap ? TOPICS : batch.changes.map((change) => change.topic));
      seq = batch.seq;
    } catch {
      wait = EVERY_MS * 10;
    }
    if (!stopped && !document.hidden) timer = setTimeout(() => void poll(), wait);
  }

  function wake() {
    clearTimeout(timer);
    if (!document.hidden) void poll();
  }

  document.addEventListener('visibilitychange', wake);
  void poll();
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', wake);
  };
}

/**
 * Running work, as the status bar and the toasts show it. Each event replaces the one before;
 * the end of a job tells the queries to look again.
 */
import type { JobProgress } from '$lib/bindings/JobProgress';
import { announce } from '$lib/changes';
import { plural } from '$lib/format';
import { host } from '$lib/host';
import { say } from '$lib/notices.svelte';
import { href } from '$lib/router.svelte';
import { SvelteMap } from 'svelte/reactivity';

class Jobs {
  private byId = new SvelteMap<string, JobProgress>();
  private waiting = new Map<string, (job: JobProgress) => void>();
  readonly running = $derived([...this.byId.values()].filter((job) => job.state === 'running'));

  start(): () => void {
    void host.jobList().then(
      (jobs) => jobs.forEach((job) => job.state === 'running' && this.byId.set(job.id, job)),
      () => undefined,
    );
    return host.onJob((job) => this.take(job));
  }

  /** Calls back when the job ended, at once if it already has. */
  whenEnded(id: string, callback: (job: JobProgress) => void): void {
    const known = this.byId.get(id);
    if (known && known.state !== 'running') callback(known);
    else this.waiting.set(id, callback);
  }

  get(id: string): JobProgress | undefined {
    return this.byId.get(id);
  }

  async cancel(id: string): Promise<void> {
    try {
      await host.jobCancel(id);
    } catch (thrown) {
      say.problem(thrown);
    }
  }

  private take(job: JobProgress): void {
    const before = this.byId.get(job.id);
    this.byId.set(job.id, job);
    if (job.state === 'running' || before?.state === job.state) return;
    this.waiting.get(job.id)?.(job);
    this.waiting.delete(job.id);
    // These change nothing, and who asked for one shows what came of it.
    if (job.kind === 'search' || job.kind === 'compare' || job.kind === 'share') return;
    announce(['job', 'import', 'span', 'prompt', 'dataset', 'run', 'cell']);
    const name = { import: 'Import', listen: 'Listening', replay: 'Replay', demo: 'Demo' }[
      job.kind
    ];
    if (job.state === 'failed') {
      say.problem(job.problem ?? `${name} of ${job.label} failed`);
    } else if (job.kind === 'listen') {
      say.info(`Stopped listening on ${job.label} · ${plural(job.done, 'span')} stored`);
    } else {
      say.info(
        `${name} ${job.state}: ${job.label}${job.note ? ` · ${job.note}` : ''}`,
        linkOf(job),
      );
    }
  }
}

/** Where the result of a finished job is looked at. */
function linkOf(job: JobProgress): { label: string; href: string } | undefined {
  if (!job.result_id || job.state === 'failed') return undefined;
  if (job.kind === 'import') return { label: 'Show traces', href: '#/traces' };
  if (job.kind === 'demo') {
    return { label: 'See which answers moved', href: compareColumns(job.result_id) };
  }
  return { label: 'Show run', href: `#/replay/${job.result_id}` };
}

/** The first two columns of a run side by side. */
export function compareColumns(runId: string): string {
  return href('compare', [], { a: `${runId}.0`, b: `${runId}.1` });
}

export const jobs = new Jobs();

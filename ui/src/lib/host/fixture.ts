/**
 * The host of a plain browser and of the tests: a small workspace in memory that behaves like one.
 * `?empty` in the page address shows the first start.
 */
import type { ChangeNotice } from '$lib/bindings/ChangeNotice';
import type { WorkspaceInfo } from '$lib/bindings/WorkspaceInfo';
import { costView, usage } from './fixtures/cost';
import { fixtureMoney } from './fixtures/money';
import { fixturePrices } from './fixtures/prices';
import { datasetRows, tickets } from './fixtures/datasets';
import { fixtureEnvironments } from './fixtures/environments';
import { fixtureExchange } from './fixtures/exchange';
import { fixtureIntake } from './fixtures/intake';
import { FixtureJobs } from './fixtures/jobs';
import { fixtureKeys } from './fixtures/keys';
import { fixturePrompts } from './fixtures/prompts';
import { fixtureRuns } from './fixtures/runs';
import { fixtureTools } from './fixtures/tools';
import { fixtureTraces } from './fixtures/traces';
import type { Host } from './host';

export interface FixtureOptions {
  /** Start with nothing in the workspace; the demo fills it. */
  empty?: boolean;
}

export function fixtureHost(options: FixtureOptions = {}): Host {
  let empty = options.empty ?? new URLSearchParams(location.search).has('empty');
  let seq = 1;
  const changes: (ChangeNotice & { seq: number })[] = [];
  const announce = (topic: string) => changes.push({ topic, id: '', seq: ++seq });

  const jobs = new FixtureJobs((job) => {
    if (job.kind === 'demo') empty = false;
    announce('run');
  });
  const traces = fixtureTraces();
  const runs = fixtureRuns(jobs, announce);

  const info = (): WorkspaceInfo => ({
    path: '/home/ana/.local/share/plumbline/support.plumbline',
    name: 'support',
    prompts_folder: empty ? null : '/home/ana/src/support/prompts',
    traces: empty ? 0 : traces.size,
    spans: empty ? 0 : traces.size * 4,
    runs: empty ? 0 : runs.runCount(),
    datasets: empty ? 0 : 1,
    prompts: empty ? 0 : 3,
    spend_today_usd: empty ? null : '0.041872',
    price_table: 'genai-prices',
    price_version: '2026-09-18',
    app_version: '0.1.0',
  });

  return {
    ...fixturePrompts(announce),
    ...fixtureTools(() => announce('prompt')),
    ...fixtureEnvironments(announce),
    ...fixtureExchange(announce),
    ...fixtureIntake(announce),
    ...fixtureKeys(),
    ...traces,
    ...runs,
    workspaceInfo: async () => info(),
    changesSince: async (since) => ({
      seq,
      gap: false,
      changes: changes.filter((c) => c.seq > since),
    }),
    doctor: async () => [
      { name: 'database', ok: true, detail: 'integrity check passed' },
      { name: 'prompts folder', ok: true, detail: '3 prompts' },
    ],
    openWorkspacePick: async () => null,
    async openPromptsFolderPick() {
      empty = false;
      announce('prompt');
      return info();
    },
    demoStart: async () =>
      jobs.start({
        kind: 'demo',
        label: 'Demo: ticket triage',
        total: 5,
        unit: 'steps',
        result_id: (await runs.runList())[0]?.id ?? null,
      }),
    demoSummary: async () => null,
    promptUsage: async (name) => usage(name),
    datasetList: async () => (empty ? [] : datasetRows),
    async datasetCases(name, offset, limit, text) {
      const found = name === 'tickets' ? tickets() : [];
      const cases = found.filter((c) => !text || JSON.stringify(c).includes(text));
      return { total: cases.length, cases: cases.slice(offset, offset + limit) };
    },
    datasetFromTraces: async (name, _filter, limit) => ({
      dataset: {
        name,
        description: '',
        cases: limit,
        variables: ['subject', 'body'],
        as_sent: false,
      },
      taken: limit,
      without_variables: 12,
      without_messages: 0,
      recorded: 0,
      left_out: [],
    }),
    datasetAsSent: async (name, _filter, how) => ({
      dataset: { name, description: '', cases: how.limit, variables: [], as_sent: true },
      taken: how.limit,
      without_variables: 0,
      without_messages: 3,
      recorded: how.limit,
      left_out: ['logit_bias'],
    }),
    importPick: async () =>
      jobs.start({
        kind: 'import',
        label: 'support-2026-09-21.otlp.json',
        total: 4_812_331,
        unit: 'bytes',
        result_id: null,
      }),
    costView: async (scope) => costView(scope),
    ...fixtureMoney(),
    ...fixturePrices(),
    jobList: async () => jobs.list(),
    jobCancel: async (id) => jobs.cancel(id),
    onJob: (callback) => jobs.listen(callback),
    onDrag: () => () => undefined,
    copyText: (text) => navigator.clipboard.writeText(text),
  };
}

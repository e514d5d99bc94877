/**
 * The host inside the desktop app. The only file that knows Tauri: method `promptOpen` is command
 * `prompt_open`, arguments keep their camelCase names.
 */
import { Channel, invoke } from '@tauri-apps/api/core';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import type { JobProgress } from '$lib/bindings/JobProgress';
import type { Host } from './host';

export const tauriHost: Host = {
  workspaceInfo: () => invoke('workspace_info'),
  changesSince: (seq) => invoke('changes_since', { seq }),
  doctor: () => invoke('doctor'),
  openWorkspacePick: () => invoke('open_workspace_pick'),
  openPromptsFolderPick: () => invoke('open_prompts_folder_pick'),
  demoStart: () => invoke('demo_start'),
  demoSummary: () => invoke('demo_summary'),

  promptList: () => invoke('prompt_list'),
  promptOpen: (name, version) => invoke('prompt_open', { name, version }),
  promptCheckText: (name, text) => invoke('prompt_check_text', { name, text }),
  promptSave: (name, text, expectedTextHash) =>
    invoke('prompt_save', { name, text, expectedTextHash }),
  promptCosts: (name, text, from, models) => invoke('prompt_costs', { name, text, from, models }),
  promptLanguage: () => invoke('prompt_language'),
  promptRender: (name, version, text, from) =>
    invoke('prompt_render', { name, version, text, from }),
  promptChanges: (name, from, to, unsaved) => invoke('prompt_changes', { name, from, to, unsaved }),
  promptRestore: (name, version) => invoke('prompt_restore', { name, version }),
  promptRelease: (name, version, changelog) =>
    invoke('prompt_release', { name, version, changelog }),
  promptUsage: (name) => invoke('prompt_usage', { name }),
  promptTools: (name) => invoke('prompt_tools', { name }),
  promptContract: (name) => invoke('prompt_contract', { name }),
  toolList: () => invoke('tool_list'),
  toolOpen: (name, version) => invoke('tool_open', { name, version }),
  toolCheckText: (name, text) => invoke('tool_check_text', { name, text }),
  toolSave: (name, text, expectedTextHash) => invoke('tool_save', { name, text, expectedTextHash }),
  toolRelease: (name, version, changelog) => invoke('tool_release', { name, version, changelog }),
  toolNew: (name) => invoke('tool_new', { name }),
  promptNew: (name) => invoke('prompt_new', { name }),
  promptSourcePick: () => invoke('prompt_source_pick'),
  promptImport: (git, name) => invoke('prompt_import', { git, name }),
  promptFormats: () => invoke('prompt_formats'),
  promptExportPreview: (name, version, format) =>
    invoke('prompt_export_preview', { name, version, format }),
  promptExportSave: (name, version, format) =>
    invoke('prompt_export_save', { name, version, format }),
  promptSnippets: (name, version) => invoke('prompt_snippets', { name, version }),
  promptBlame: (name, version) => invoke('prompt_blame', { name, version }),
  promptEnvironments: (name) => invoke('prompt_environments', { name }),
  environmentStands: (prompt, environment, at) =>
    invoke('environment_stands', { prompt, environment, at }),
  promptPromote: (name, version, environment, by) =>
    invoke('prompt_promote', { name, version, environment, by }),
  promptRollback: (name, environment, by) => invoke('prompt_rollback', { name, environment, by }),

  datasetList: () => invoke('dataset_list'),
  datasetCases: (name, offset, limit, text) =>
    invoke('dataset_cases', { name, offset, limit, text }),
  datasetFromTraces: (name, filter, limit) =>
    invoke('dataset_from_traces', { name, filter, limit }),
  datasetAsSent: (name, filter, how) => invoke('dataset_as_sent', { name, filter, how }),
  modelChoices: () => invoke('model_choices'),

  replayEstimate: (plan) => invoke('replay_estimate', { plan }),
  replayStart: (plan) => invoke('replay_start', { plan }),
  replayResume: (runId, resendUnknown, capUsd) =>
    invoke('replay_resume', { runId, resendUnknown, capUsd }),
  runList: () => invoke('run_list'),
  runOpen: (runId) => invoke('run_open', { runId }),
  runGrid: (runId, filter, offset, limit) => invoke('run_grid', { runId, filter, offset, limit }),
  cellOpen: (cellId) => invoke('cell_open', { cellId }),

  compareOpen: (sides) => invoke('compare_open', { sides }),
  compareRows: (sides, filter, offset, limit) =>
    invoke('compare_rows', { sides, filter, offset, limit }),
  compareMap: (sides, filter, stretches) => invoke('compare_map', { sides, filter, stretches }),
  comparePlace: (sides, filter, caseKey) => invoke('compare_place', { sides, filter, caseKey }),
  comparePair: (sides, column, caseKey, repeats) =>
    invoke('compare_pair', { sides, column, caseKey, repeats }),

  reviewSummary: (sides) => invoke('review_summary', { sides }),
  reviewAdd: (about, word) => invoke('review_add', { about, word }),
  reviewLines: (about) => invoke('review_lines', { about }),
  reviewBlindNext: (a, b) => invoke('review_blind_next', { a, b }),
  reviewBlindJudge: (a, b, judgement) => invoke('review_blind_judge', { a, b, judgement }),
  reviewRubricSet: (a, b, items) => invoke('review_rubric_set', { a, b, items }),
  reviewSignOff: (a, b, approved, text) => invoke('review_sign_off', { a, b, approved, text }),
  reviewToCase: (cell, dataset, expected) => invoke('review_to_case', { cell, dataset, expected }),
  shareSave: (sides, format) => invoke('share_save', { sides, format }),

  importPick: () => invoke('import_pick'),
  importList: () => invoke('import_list'),
  importQuarantine: (importId, offset, limit) =>
    invoke('import_quarantine', { importId, offset, limit }),
  traceList: (filter, sort, after, skip, limit) =>
    invoke('trace_list', { filter, sort, after, skip, limit }),
  traceCount: (filter) => invoke('trace_count', { filter }),
  traceHistogram: (filter, buckets) => invoke('trace_histogram', { filter, buckets }),
  traceFacets: (filter) => invoke('trace_facets', { filter }),
  traceOpen: (traceId) => invoke('trace_open', { traceId }),
  spanOpen: (traceId, spanId, variant) => invoke('span_open', { traceId, spanId, variant }),

  listenList: () => invoke('listen_list'),
  listenSwitchOn: (intake, port) => invoke('listen_switch_on', { intake, port }),
  listenSwitchOff: (intake) => invoke('listen_switch_off', { intake }),

  redactionState: () => invoke('redaction_state'),
  redactionSwitch: (on) => invoke('redaction_switch', { on }),
  redactionPatterns: () => invoke('redaction_patterns'),
  redactionAdd: (name, pattern) => invoke('redaction_add', { name, pattern }),
  redactionRemove: (name) => invoke('redaction_remove', { name }),
  redactionTry: (text, pattern) => invoke('redaction_try', { text, pattern }),

  keyList: () => invoke('key_list'),
  keySet: (origin, secret, place) => invoke('key_set', { origin, secret, place }),
  keyRemove: (origin) => invoke('key_remove', { origin }),
  keyUnlock: (passphrase) => invoke('key_unlock', { passphrase }),

  costView: (scope) => invoke('cost_view', { scope }),
  forecast: (input) => invoke('forecast', { input }),
  dayBudget: () => invoke('day_budget'),
  dayCapSet: (payer, capUsd) => invoke('day_cap_set', { payer, capUsd }),
  cacheView: () => invoke('cache_view'),
  cachePurge: (filter) => invoke('cache_purge', { filter }),
  priceTableView: () => invoke('price_table_view'),
  priceTablePick: () => invoke('price_table_pick'),
  priceTableReset: () => invoke('price_table_reset'),
  priceRecompute: (runId, dryRun) => invoke('price_recompute', { runId, dryRun }),

  jobList: () => invoke('job_list'),
  jobCancel: (jobId) => invoke('job_cancel', { jobId }),
  onJob(callback) {
    const channel = new Channel<JobProgress>();
    let live = true;
    channel.onmessage = (job) => {
      if (live) callback(job);
    };
    void invoke('jobs_subscribe', { channel });
    return () => {
      live = false;
    };
  },
  onDrag(callback) {
    // Dropping is handled in Rust, which sees the paths; the window only shows that it would work.
    const stop = getCurrentWebview().onDragDropEvent(({ payload }) => {
      if (payload.type === 'enter') callback(true);
      else if (payload.type !== 'over') callback(false);
    });
    return () => void stop.then((off) => off());
  },
  // The page's own clipboard: writing is allowed where a person has just clicked.
  copyText: (text) => navigator.clipboard.writeText(text),
};

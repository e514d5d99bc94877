/**
 * The only door to everything outside the window: one method per command of the desktop shell.
 * Every rejection is a `Problem`. `tauri.ts` answers in the app, `fixture.ts` in a browser and in tests.
 */
import type { ContractRow } from '$lib/bindings/ContractRow';
import type { PromptTools } from '$lib/bindings/PromptTools';
import type { ToolCheck } from '$lib/bindings/ToolCheck';
import type { ToolRow } from '$lib/bindings/ToolRow';
import type { ToolView } from '$lib/bindings/ToolView';
import type { BlamedLine } from '$lib/bindings/BlamedLine';
import type { ChangedBy } from '$lib/bindings/ChangedBy';
import type { EnvironmentChange } from '$lib/bindings/EnvironmentChange';
import type { EnvironmentStand } from '$lib/bindings/EnvironmentStand';
import type { PromptChanges } from '$lib/bindings/PromptChanges';
import type { PromptEnvironments } from '$lib/bindings/PromptEnvironments';
import type { AsSent } from '$lib/bindings/AsSent';
import type { CasePage } from '$lib/bindings/CasePage';
import type { CachePurgeFilter } from '$lib/bindings/CachePurgeFilter';
import type { CacheView } from '$lib/bindings/CacheView';
import type { CellView } from '$lib/bindings/CellView';
import type { ChangeBatch } from '$lib/bindings/ChangeBatch';
import type { Check } from '$lib/bindings/Check';
import type { BlindJudgement } from '$lib/bindings/BlindJudgement';
import type { BlindPair } from '$lib/bindings/BlindPair';
import type { CompareFilter } from '$lib/bindings/CompareFilter';
import type { CompareMap } from '$lib/bindings/CompareMap';
import type { ComparedPair } from '$lib/bindings/ComparedPair';
import type { ComparePage } from '$lib/bindings/ComparePage';
import type { CompareView } from '$lib/bindings/CompareView';
import type { CostScope } from '$lib/bindings/CostScope';
import type { CostView } from '$lib/bindings/CostView';
import type { DatasetFromSpans } from '$lib/bindings/DatasetFromSpans';
import type { DatasetRow } from '$lib/bindings/DatasetRow';
import type { DayBudget } from '$lib/bindings/DayBudget';
import type { PriceTableView } from '$lib/bindings/PriceTableView';
import type { Recomputed } from '$lib/bindings/Recomputed';
import type { DemoSummary } from '$lib/bindings/DemoSummary';
import type { Estimate } from '$lib/bindings/Estimate';
import type { Forecast } from '$lib/bindings/Forecast';
import type { ForecastInput } from '$lib/bindings/ForecastInput';
import type { Facets } from '$lib/bindings/Facets';
import type { GridFilter } from '$lib/bindings/GridFilter';
import type { GridPage } from '$lib/bindings/GridPage';
import type { Histogram } from '$lib/bindings/Histogram';
import type { ImportRow } from '$lib/bindings/ImportRow';
import type { Intake } from '$lib/bindings/Intake';
import type { JobProgress } from '$lib/bindings/JobProgress';
import type { KeyPlace } from '$lib/bindings/KeyPlace';
import type { KeyRow } from '$lib/bindings/KeyRow';
import type { KeysView } from '$lib/bindings/KeysView';
import type { LiveIntake } from '$lib/bindings/LiveIntake';
import type { ModelChoice } from '$lib/bindings/ModelChoice';
import type { PromptCheck } from '$lib/bindings/PromptCheck';
import type { PromptCosts } from '$lib/bindings/PromptCosts';
import type { ExportPreview } from '$lib/bindings/ExportPreview';
import type { PromptFormat } from '$lib/bindings/PromptFormat';
import type { PromptFormatRow } from '$lib/bindings/PromptFormatRow';
import type { PromptImport } from '$lib/bindings/PromptImport';
import type { PromptSnippet } from '$lib/bindings/PromptSnippet';
import type { PromptSource } from '$lib/bindings/PromptSource';
import type { PromptLanguage } from '$lib/bindings/PromptLanguage';
import type { PromptRow } from '$lib/bindings/PromptRow';
import type { PromptView } from '$lib/bindings/PromptView';
import type { QuarantinedRow } from '$lib/bindings/QuarantinedRow';
import type { RedactionPattern } from '$lib/bindings/RedactionPattern';
import type { RedactionTrial } from '$lib/bindings/RedactionTrial';
import type { RenderView } from '$lib/bindings/RenderView';
import type { ReviewLine } from '$lib/bindings/ReviewLine';
import type { ReviewSubject } from '$lib/bindings/ReviewSubject';
import type { ReviewSummary } from '$lib/bindings/ReviewSummary';
import type { ReviewWord } from '$lib/bindings/ReviewWord';
import type { RunPlan } from '$lib/bindings/RunPlan';
import type { RunRow } from '$lib/bindings/RunRow';
import type { RunView } from '$lib/bindings/RunView';
import type { Shared } from '$lib/bindings/Shared';
import type { ShareFormat } from '$lib/bindings/ShareFormat';
import type { Side } from '$lib/bindings/Side';
import type { SpanView } from '$lib/bindings/SpanView';
import type { StatGroup } from '$lib/bindings/StatGroup';
import type { TraceColumns } from '$lib/bindings/TraceColumns';
import type { TraceFilter } from '$lib/bindings/TraceFilter';
import type { TracePage } from '$lib/bindings/TracePage';
import type { TraceSort } from '$lib/bindings/TraceSort';
import type { VariablesFrom } from '$lib/bindings/VariablesFrom';
import type { WorkspaceInfo } from '$lib/bindings/WorkspaceInfo';

export interface ReplayStarted {
  run_id: string;
  job_id: string;
}

export interface Host {
  workspaceInfo(): Promise<WorkspaceInfo>;
  changesSince(seq: number): Promise<ChangeBatch>;
  doctor(): Promise<Check[]>;
  /** Native dialog; null when the person closed it. */
  openWorkspacePick(): Promise<WorkspaceInfo | null>;
  openPromptsFolderPick(): Promise<WorkspaceInfo | null>;
  demoStart(): Promise<string>;
  demoSummary(): Promise<DemoSummary | null>;

  promptList(): Promise<PromptRow[]>;
  /** `version` null opens the working file. */
  promptOpen(name: string, version: string | null): Promise<PromptView>;
  promptCheckText(name: string, text: string): Promise<PromptCheck>;
  /** Rejects with code `conflict` when the file no longer has `expectedTextHash`. */
  promptSave(name: string, text: string, expectedTextHash: string): Promise<PromptView>;
  /** Over the request of a case, or the templates where `from` is null; no `models` takes those of its last runs. */
  promptCosts(
    name: string,
    text: string,
    from: VariablesFrom | null,
    models: string[],
  ): Promise<PromptCosts>;
  /** What may be written in a prompt file. */
  promptLanguage(): Promise<PromptLanguage>;
  /** `text` stands in for the file, for an editor that has not saved. */
  promptRender(
    name: string,
    version: string | null,
    text: string | null,
    from: VariablesFrom,
  ): Promise<RenderView>;
  /** Versions, `working`, or `unsaved` for the text that is given. */
  promptChanges(
    name: string,
    from: string,
    to: string,
    unsaved: string | null,
  ): Promise<PromptChanges>;
  promptRelease(name: string, version: string, changelog: string): Promise<PromptView>;
  /** Puts the file of a release back as it was first seen. */
  promptRestore(name: string, version: string): Promise<PromptView>;
  promptUsage(name: string): Promise<StatGroup[]>;
  /** How the tools of the working file stand: what is newer, and whether it was replayed with them. */
  promptTools(name: string): Promise<PromptTools>;
  promptContract(name: string): Promise<ContractRow[]>;
  toolList(): Promise<ToolRow[]>;
  toolOpen(name: string, version: string | null): Promise<ToolView>;
  toolCheckText(name: string, text: string): Promise<ToolCheck>;
  toolSave(name: string, text: string, expectedTextHash: string): Promise<ToolView>;
  toolRelease(name: string, version: string, changelog: string): Promise<ToolView>;
  toolNew(name: string): Promise<ToolView>;
  /** Writes the working file of a prompt that does not exist; the person is its owner. */
  promptNew(name: string): Promise<PromptView>;
  /** Native dialog; null when the person closed it. The file stays chosen for `promptImport`. */
  promptSourcePick(): Promise<PromptSource | null>;
  /** Takes over the file that was chosen last, or every commit that touched it; `name` null keeps the name it has. */
  promptImport(git: boolean, name: string | null): Promise<PromptImport>;
  promptFormats(): Promise<PromptFormatRow[]>;
  /** `version` null is every release, as far as the format holds them. */
  promptExportPreview(
    name: string,
    version: string | null,
    format: PromptFormat,
  ): Promise<ExportPreview>;
  /** Native dialog; where it was saved, null when the person closed it. */
  promptExportSave(
    name: string,
    version: string | null,
    format: PromptFormat,
  ): Promise<string | null>;
  /** Lines that join the traces of an application to a version, in each language. */
  promptSnippets(name: string, version: string): Promise<PromptSnippet[]>;
  promptBlame(name: string, version: string): Promise<BlamedLine[]>;
  promptEnvironments(name: string): Promise<PromptEnvironments>;
  /** `at` null is now; the others narrow. */
  environmentStands(
    prompt: string | null,
    environment: string | null,
    at: string | null,
  ): Promise<EnvironmentStand[]>;
  promptPromote(
    name: string,
    version: string,
    environment: string,
    by: ChangedBy,
  ): Promise<EnvironmentChange>;
  promptRollback(name: string, environment: string, by: ChangedBy): Promise<EnvironmentChange>;

  datasetList(): Promise<DatasetRow[]>;
  datasetCases(name: string, offset: number, limit: number, text: string): Promise<CasePage>;
  datasetFromTraces(name: string, filter: TraceFilter, limit: number): Promise<DatasetFromSpans>;
  datasetAsSent(name: string, filter: TraceFilter, how: AsSent): Promise<DatasetFromSpans>;
  modelChoices(): Promise<ModelChoice[]>;

  replayEstimate(plan: RunPlan): Promise<Estimate>;
  replayStart(plan: RunPlan): Promise<ReplayStarted>;
  /** Under another cap from now on where one is given; null keeps the run's own. */
  replayResume(
    runId: string,
    resendUnknown: boolean,
    capUsd: string | null,
  ): Promise<ReplayStarted>;
  runList(): Promise<RunRow[]>;
  runOpen(runId: string): Promise<RunView>;
  runGrid(runId: string, filter: GridFilter, offset: number, limit: number): Promise<GridPage>;
  cellOpen(cellId: string): Promise<CellView>;

  /** The baseline first, then up to five others. */
  compareOpen(sides: Side[]): Promise<CompareView>;
  compareRows(
    sides: Side[],
    filter: CompareFilter,
    offset: number,
    limit: number,
  ): Promise<ComparePage>;
  /** The whole filtered comparison in so many stretches, or one for each case where there are fewer. */
  compareMap(sides: Side[], filter: CompareFilter, stretches: number): Promise<CompareMap>;
  /** Where a case stands among those of the filter; null when it is not among them. */
  comparePlace(sides: Side[], filter: CompareFilter, caseKey: string): Promise<number | null>;
  /** `column` is a side from 1; `repeats` null takes the commonest answer of each side. */
  comparePair(
    sides: Side[],
    column: number,
    caseKey: string,
    repeats: [number, number] | null,
  ): Promise<ComparedPair>;

  reviewSummary(sides: [Side, Side]): Promise<ReviewSummary>;
  /** The reviewer is the person of this machine. */
  reviewAdd(about: ReviewSubject, word: ReviewWord): Promise<ReviewLine>;
  reviewLines(about: ReviewSubject): Promise<ReviewLine[]>;
  /** Null when all is judged. */
  reviewBlindNext(a: Side, b: Side): Promise<BlindPair | null>;
  reviewBlindJudge(a: Side, b: Side, judgement: BlindJudgement): Promise<ReviewLine>;
  reviewRubricSet(a: Side, b: Side, items: string[]): Promise<null>;
  reviewSignOff(a: Side, b: Side, approved: boolean, text: string): Promise<ReviewLine>;
  /** Key of the new case. */
  reviewToCase(cell: string, dataset: string, expected: string | null): Promise<string>;
  /** Native dialog that asks where, then a job; null when the person closed the dialog. */
  shareSave(sides: Side[], format: ShareFormat): Promise<Shared | null>;

  /** Native dialog; null when the person closed it. Files dropped on the window show up as jobs. */
  importPick(): Promise<string | null>;
  importList(): Promise<ImportRow[]>;
  importQuarantine(importId: string, offset: number, limit: number): Promise<QuarantinedRow[]>;
  /** From behind where `after` says a page ended, less `skip` rows. */
  traceList(
    filter: TraceFilter,
    sort: TraceSort,
    after: string | null,
    skip: number,
    limit: number,
  ): Promise<TracePage>;
  traceCount(filter: TraceFilter): Promise<number>;
  traceHistogram(filter: TraceFilter, buckets: number): Promise<Histogram>;
  /** Counts under the other conditions: each facet leaves out its own. */
  traceFacets(filter: TraceFilter): Promise<Facets>;
  traceOpen(traceId: string): Promise<TraceColumns>;
  spanOpen(traceId: string, spanId: string, variant: number): Promise<SpanView>;

  /** What listens now; nothing does before it is switched on. */
  listenList(): Promise<LiveIntake[]>;
  /** Port 0 takes a free one. Rejects when the port is taken. */
  listenSwitchOn(intake: Intake, port: number): Promise<LiveIntake>;
  /** Resolves once requests under way are answered and the port is free. */
  listenSwitchOff(intake: Intake): Promise<void>;

  /** Whether secrets are taken out of what is imported next. */
  redactionState(): Promise<boolean>;
  redactionSwitch(on: boolean): Promise<void>;
  redactionPatterns(): Promise<RedactionPattern[]>;
  redactionAdd(name: string, pattern: string): Promise<RedactionPattern>;
  redactionRemove(name: string): Promise<void>;
  /** What an import would store in place of a text; `pattern` is tried beside those that were added. */
  redactionTry(text: string, pattern: string | null): Promise<RedactionTrial>;

  /** Which servers have a key, without any key. */
  keyList(): Promise<KeysView>;
  /** Null keeps it in the keyring, or in the file where no keyring answers. */
  keySet(origin: string, secret: string, place: KeyPlace | null): Promise<KeyRow>;
  keyRemove(origin: string): Promise<void>;
  /** Opens the encrypted file until the window closes; for a new one, chooses its passphrase. */
  keyUnlock(passphrase: string): Promise<void>;

  costView(scope: CostScope): Promise<CostView>;
  forecast(input: ForecastInput): Promise<Forecast>;
  dayBudget(): Promise<DayBudget>;
  /** Null removes the cap. */
  dayCapSet(payer: string, capUsd: string | null): Promise<DayBudget>;
  cacheView(): Promise<CacheView>;
  /** How many answers were dropped. */
  cachePurge(filter: CachePurgeFilter): Promise<number>;
  priceTableView(): Promise<PriceTableView>;
  /** Native dialog; null when the person closed it. */
  priceTablePick(): Promise<PriceTableView | null>;
  priceTableReset(): Promise<PriceTableView>;
  /** Null means all imported calls. Stores nothing while it is a dry run. */
  priceRecompute(runId: string | null, dryRun: boolean): Promise<Recomputed>;

  jobList(): Promise<JobProgress[]>;
  jobCancel(jobId: string): Promise<void>;
  onJob(callback: (job: JobProgress) => void): () => void;
  /** Files hover over the window. */
  onDrag(callback: (over: boolean) => void): () => void;
  copyText(text: string): Promise<void>;
}

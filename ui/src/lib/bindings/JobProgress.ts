// provisional until ts-rs writes it
import type { JobId } from "./JobId";
import type { JobKind } from "./JobKind";
import type { JobState } from "./JobState";
import type { Problem } from "./Problem";

export type JobProgress = { id: JobId, kind: JobKind, label: string, state: JobState, done: number, total: number | null, unit: string, note: string, problem: Problem | null, result_id: string | null, };

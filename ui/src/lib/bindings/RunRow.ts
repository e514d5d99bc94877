// provisional until ts-rs writes it
import type { RunId } from "./RunId";
import type { RunPlan } from "./RunPlan";
import type { RunStatus } from "./RunStatus";
import type { RunTotals } from "./RunTotals";

export type RunRow = { id: RunId, status: RunStatus, plan: RunPlan, started: string, ended: string | null, totals: RunTotals, p50_ms: number | null, p95_ms: number | null, };

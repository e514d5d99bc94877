// provisional until ts-rs writes it
import type { RunTotals } from "./RunTotals";
import type { Target } from "./Target";

export type RunColumn = { index: number, prompt_name: string, prompt_version: string, target: Target, template_hash: string, totals: RunTotals, p50_ms: number | null, p95_ms: number | null, time_to_first_token_p50_ms: number | null, };

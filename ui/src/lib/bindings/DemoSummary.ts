// provisional until ts-rs writes it
import type { Usd } from "./Usd";

export type DemoSummary = { prompt: string, version_a: string, version_b: string, model: string, cases: number, answers_moved: number, fixed: number, broken: number, tokens_in: number | null, tokens_out: number | null, cost_usd: Usd | null, p50_ms: number | null, p95_ms: number | null, verdict: string, run_id: string, spans_imported: number, };

// provisional until ts-rs writes it
import type { Usd } from "./Usd";

export type StatGroup = { model: string | null, day: string | null, prompt_version: string | null, calls: number, errors: number, p50_ms: number | null, p95_ms: number | null, p99_ms: number | null, tokens_in: number | null, tokens_in_cached: number | null, tokens_out: number | null, cost_usd: Usd | null, unpriced_calls: number, };

// provisional until ts-rs writes it
import type { Usd } from "./Usd";

export type TraceRow = { trace_id: string, name: string, start: string, duration_ms: number | null, spans: number, model_calls: number, models: Array<string>, tokens_in: number | null, tokens_out: number | null, cost_usd: Usd | null, errors: number, };

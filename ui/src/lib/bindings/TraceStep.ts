// provisional until ts-rs writes it
import type { SpanKind } from "./SpanKind";
import type { SpanStatus } from "./SpanStatus";
import type { TreeFlaw } from "./TreeFlaw";
import type { Usd } from "./Usd";

export type TraceStep = { span_id: string, name: string, kind: SpanKind, status: SpanStatus, model: string | null, depth: number, children: number, start_offset_ms: number, duration_ms: number | null, time_to_first_token_ms: number | null, critical: boolean, flaw: TreeFlaw | null, tokens_in: number | null, tokens_out: number | null, cost_usd: Usd | null, error: string | null, };

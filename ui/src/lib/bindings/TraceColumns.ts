import type { KindTime } from "./KindTime";
import type { SpanKind } from "./SpanKind";
import type { SpanStatus } from "./SpanStatus";
import type { TraceRow } from "./TraceRow";
import type { TreeFlaw } from "./TreeFlaw";
import type { Usd } from "./Usd";
export type TraceColumns = { row: TraceRow, total_ms: number, critical_path: Array<KindTime>, words: Array<string>, span_id: Array<string>, variants: Array<[number, number]>, name: Array<number>, kind: Array<number>, kinds: Array<SpanKind>, status: Array<number>, statuses: Array<SpanStatus>, model: Array<number | null>, depth: Array<number>, children: Array<number>, start_offset_ms: Array<number>, duration_ms: Array<number | null>, time_to_first_token_ms: Array<number | null>, critical_self_ms: Array<number | null>, flaws: Array<[number, TreeFlaw]>, tokens_in: Array<number | null>, tokens_out: Array<number | null>, cost_usd: Array<Usd | null>, errors: Array<[number, number]>, };

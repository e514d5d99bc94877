// provisional until ts-rs writes it
import type { TraceRow } from "./TraceRow";
import type { TraceStep } from "./TraceStep";

export type TraceView = { row: TraceRow, rows: Array<TraceStep>, total_ms: number, };

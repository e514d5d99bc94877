// provisional until ts-rs writes it
import type { SpanKind } from "./SpanKind";
import type { SpanStatus } from "./SpanStatus";

export type TraceFilter = { text: string, kind: SpanKind | null, model: string | null, status: SpanStatus | null, prompt_name: string | null, environment: string | null, from: string | null, to: string | null, only_errors: boolean, };

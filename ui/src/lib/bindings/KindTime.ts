import type { SpanKind } from "./SpanKind";
export type KindTime = { kind: SpanKind, ms: number, steps: number, };

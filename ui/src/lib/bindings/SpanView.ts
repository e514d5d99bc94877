// provisional until ts-rs writes it
import type { Cost } from "./Cost";
import type { Span } from "./Span";
import type { Token } from "./Token";

export type SpanView = { span: Span, latency_ms: number | null, cost: Cost, raw: string, raw_highlighted: Array<Array<Token>>, release: string | null, };

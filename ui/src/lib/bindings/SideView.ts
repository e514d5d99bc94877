// provisional until ts-rs writes it
import type { Side } from "./Side";
import type { Target } from "./Target";
import type { Usd } from "./Usd";

export type SideView = { side: Side, prompt_name: string, prompt_version: string, target: Target, template_hash: string, started: string, answered: number, passed: number, graded: number, tokens_in: number | null, tokens_out: number | null, cost_usd: Usd | null, p50_ms: number | null, p95_ms: number | null, };

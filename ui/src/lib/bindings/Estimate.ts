// provisional until ts-rs writes it
import type { Target } from "./Target";
import type { Usd } from "./Usd";

export type Estimate = { cells: number, live: number, cached: number, recorded: number, blocked: number, blocked_reasons: Array<string>, tokens_in: number, tokens_out_max: number, cost_expected_usd: Usd | null, cost_upper_usd: Usd | null, unpriced: Array<Target>, price_table: string, price_version: string, problems: Array<string>, };

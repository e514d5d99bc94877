// provisional until ts-rs writes it
import type { CostScope } from "./CostScope";
import type { LorenzPoint } from "./LorenzPoint";
import type { StatGroup } from "./StatGroup";

export type CostView = { scope: CostScope, total: StatGroup, by_model: Array<StatGroup>, by_day: Array<StatGroup>, by_prompt_version: Array<StatGroup>, by_model_and_day: Array<StatGroup>, lorenz: Array<LorenzPoint>, top_decile_share: number | null, price_table: string, price_version: string, overrides: Array<string>, };

// provisional until ts-rs writes it
import type { Usd } from "./Usd";

export type WorkspaceInfo = { path: string, name: string, prompts_folder: string | null, traces: number, spans: number, runs: number, datasets: number, prompts: number, spend_today_usd: Usd | null, price_table: string, price_version: string, app_version: string, };

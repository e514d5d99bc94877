// provisional until ts-rs writes it
import type { CellId } from "./CellId";
import type { CellStatus } from "./CellStatus";
import type { Origin } from "./Origin";
import type { Usd } from "./Usd";

export type CellBrief = { id: CellId, status: CellStatus, origin: Origin | null, preview: string, passed: boolean | null, latency_ms: number | null, tokens_out: number | null, cost_usd: Usd | null, };

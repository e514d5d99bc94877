// provisional until ts-rs writes it
import type { RunId } from "./RunId";

export type Side = { run_id: RunId, column: number | null, };

// provisional until ts-rs writes it
import type { CellStatus } from "./CellStatus";

export type GridFilter = { status: CellStatus | null, only_failing: boolean, text: string, };

// provisional until ts-rs writes it
import type { CellBrief } from "./CellBrief";

export type GridRow = { case_key: string, repeat: number, cells: Array<CellBrief | null>, };

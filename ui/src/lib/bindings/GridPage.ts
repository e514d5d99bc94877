// provisional until ts-rs writes it
import type { GridRow } from "./GridRow";

export type GridPage = { total: number, rows: Array<GridRow>, };

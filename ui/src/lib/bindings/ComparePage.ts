// provisional until ts-rs writes it
import type { CompareRow } from "./CompareRow";

export type ComparePage = { total: number, rows: Array<CompareRow>, };

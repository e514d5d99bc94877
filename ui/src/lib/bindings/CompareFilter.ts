// provisional until ts-rs writes it
import type { RowVerdict } from "./RowVerdict";

export type CompareFilter = { verdict: RowVerdict | null, include_same: boolean, kind: string | null, text: string, };

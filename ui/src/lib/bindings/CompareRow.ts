// provisional until ts-rs writes it
import type { ChangeKind } from "./ChangeKind";
import type { RowVerdict } from "./RowVerdict";

export type CompareRow = { case_key: string, repeat: number, verdict: RowVerdict, kinds: Array<ChangeKind>, reason: string | null, preview_a: string | null, preview_b: string | null, passed_a: boolean | null, passed_b: boolean | null, };

// provisional until ts-rs writes it
import type { Case } from "./Case";
import type { Cell } from "./Cell";
import type { CompareRow } from "./CompareRow";
import type { OutputDiff } from "./OutputDiff";
import type { TextDiff } from "./TextDiff";

export type ComparedPair = { row: CompareRow, case: Case | null, a: Cell | null, b: Cell | null, diff: OutputDiff | null, request_diff: TextDiff | null, };

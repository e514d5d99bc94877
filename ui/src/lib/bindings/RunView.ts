// provisional until ts-rs writes it
import type { ErrorCount } from "./ErrorCount";
import type { RunColumn } from "./RunColumn";
import type { RunRow } from "./RunRow";

export type RunView = { row: RunRow, columns: Array<RunColumn>, errors: Array<ErrorCount>, };

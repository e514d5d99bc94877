// provisional until ts-rs writes it
import type { DatasetRow } from "./DatasetRow";

export type DatasetFromSpans = { dataset: DatasetRow, taken: number, without_variables: number, };

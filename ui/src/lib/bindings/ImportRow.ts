// provisional until ts-rs writes it
import type { ImportFile } from "./ImportFile";
import type { ImportId } from "./ImportId";

export type ImportRow = { id: ImportId, report: ImportFile, started: string, complete: boolean, };

// provisional until ts-rs writes it
import type { Case } from "./Case";

export type CasePage = { total: number, cases: Array<Case>, };

// provisional until ts-rs writes it
import type { AssertionOutcome } from "./AssertionOutcome";
import type { AttemptRow } from "./AttemptRow";
import type { Case } from "./Case";
import type { Cell } from "./Cell";
import type { ChatRequest } from "./ChatRequest";
import type { Token } from "./Token";

export type CellView = { cell: Cell, case: Case | null, request: ChatRequest | null, attempts: Array<AttemptRow>, outcomes: Array<AssertionOutcome>, highlighted: Array<Array<Token>>, };

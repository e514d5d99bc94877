// provisional until ts-rs writes it
import type { Target } from "./Target";

export type ModelChoice = { target: Target, recordings: number, priced: boolean, known_from: string, };

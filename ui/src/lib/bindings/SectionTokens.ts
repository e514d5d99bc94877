// provisional until ts-rs writes it
import type { Role } from "./Role";

export type SectionTokens = { role: Role, tokens: number, };

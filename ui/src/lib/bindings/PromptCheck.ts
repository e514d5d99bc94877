// provisional until ts-rs writes it
import type { PromptFinding } from "./PromptFinding";
import type { PromptSpec } from "./PromptSpec";
import type { SectionTokens } from "./SectionTokens";

export type PromptCheck = { spec: PromptSpec | null, findings: Array<PromptFinding>, template_hash: string | null, section_tokens: Array<SectionTokens>, encoding: string, bump: string | null, bump_reasons: Array<string>, };

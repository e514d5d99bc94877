// provisional until ts-rs writes it
import type { AssembledRequest } from "./AssembledRequest";
import type { SectionTokens } from "./SectionTokens";

export type RenderView = { assembled: AssembledRequest, message_tokens: Array<SectionTokens>, ignored_variables: Array<string>, max_tokens_in: number | null, over_budget: boolean, };

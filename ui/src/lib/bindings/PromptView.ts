// provisional until ts-rs writes it
import type { PromptCheck } from "./PromptCheck";
import type { ReleaseRow } from "./ReleaseRow";

export type PromptView = { name: string, version: string, text: string, text_hash: string, path: string, check: PromptCheck, releases: Array<ReleaseRow>, drift: boolean, };

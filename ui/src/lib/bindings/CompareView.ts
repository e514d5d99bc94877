// provisional until ts-rs writes it
import type { ChangeGroup } from "./ChangeGroup";
import type { SideView } from "./SideView";
import type { StatTest } from "./StatTest";
import type { TextDiff } from "./TextDiff";

export type CompareView = { a: SideView, b: SideView, verdict: string, matched: number, same: number, changed: number, fixed: number, broken: number, only_a: number, only_b: number, not_comparable: number, groups: Array<ChangeGroup>, tests: Array<StatTest>, prompt_diff: TextDiff | null, };

/** What the lines of a ledger come to: of one reviewer's lines about one thing, the newest of each kind counts. */
import type { GroupDecision } from '$lib/bindings/GroupDecision';
import type { ReviewDecision } from '$lib/bindings/ReviewDecision';
import type { ReviewLine } from '$lib/bindings/ReviewLine';
import type { ReviewSubject } from '$lib/bindings/ReviewSubject';
import type { RubricCheck } from '$lib/bindings/RubricCheck';

export function sameSubject(a: ReviewSubject, b: ReviewSubject): boolean {
  if (a.on === 'pair' && b.on === 'pair') {
    return a.a === b.a && a.b === b.b && a.case_key === b.case_key;
  }
  if (a.on === 'cell' && b.on === 'cell') return a.cell === b.cell;
  return JSON.stringify(a) === JSON.stringify(b);
}

type Said<Word extends ReviewLine['said']> = Extract<ReviewLine, { said: Word }>;

/** The newest line of each reviewer, newest first. Lines come newest first. */
export function newest<Word extends ReviewLine['said']>(
  lines: readonly ReviewLine[],
  about: ReviewSubject,
  said: Word,
): Said<Word>[] {
  const seen = new Set<string>();
  const out: Said<Word>[] = [];
  for (const line of lines) {
    if (line.said !== said || !sameSubject(line.about, about) || seen.has(line.reviewer)) continue;
    seen.add(line.reviewer);
    out.push(line as Said<Word>);
  }
  return out;
}

/** Labels of one answer, of all reviewers. */
export function labelsOf(lines: readonly ReviewLine[], cell: string): string[] {
  return [
    ...new Set(newest(lines, { on: 'cell', cell }, 'labels').flatMap((line) => line.labels)),
  ].sort();
}

export interface Decided {
  decision: ReviewDecision;
  reviewer: string;
  /** The kind of change that was decided as a whole; null for the pair itself. */
  kind: string | null;
}

/** What was decided about a pair: itself, or else one of its kinds of change. */
export function decidedOf(
  lines: readonly ReviewLine[],
  about: ReviewSubject,
  groups: readonly GroupDecision[],
  kinds: readonly string[],
): Decided | null {
  const [own] = newest(lines, about, 'decision');
  if (own) {
    return own.decision === 'open'
      ? null
      : { decision: own.decision, reviewer: own.reviewer, kind: null };
  }
  const group = groups.find((one) => one.decision !== 'open' && kinds.includes(one.kind));
  return group ? { decision: group.decision, reviewer: group.reviewer, kind: group.kind } : null;
}

/** The line that the person of this machine goes on from: their own, or the only one there is. */
export function ownLine<Line extends { reviewer: string }>(
  lines: readonly Line[],
  me: string | null,
): Line | undefined {
  if (me !== null) return lines.find((line) => line.reviewer === me);
  return lines.length === 1 ? lines[0] : undefined;
}

/** Every item of the checklist, ticked as it was. */
export function checksFor(items: readonly string[], said: readonly RubricCheck[]): RubricCheck[] {
  return items.map((item) => ({
    item,
    met: said.find((check) => check.item === item)?.met ?? false,
  }));
}

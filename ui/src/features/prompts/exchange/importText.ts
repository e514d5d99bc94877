/** What an import of prompts brought, in words. */
import type { ImportedPrompt } from '$lib/bindings/ImportedPrompt';
import type { ImportedVersion } from '$lib/bindings/ImportedVersion';
import type { Loss } from '$lib/bindings/Loss';
import type { PromptImport } from '$lib/bindings/PromptImport';
import { plural } from '$lib/format';

/** A commit is known by its first digits. */
const ID_SHOWN = 12;

/** "3 versions taken over from git, 2 were there already". */
export function takenText(prompt: ImportedPrompt, from: string): string {
  const taken = `${plural(prompt.versions.length, 'version')} taken over from ${from}`;
  if (prompt.already === 0) return taken;
  return `${taken}, ${prompt.already} ${prompt.already === 1 ? 'was' : 'were'} there already`;
}

/** The whole import in one line, for who no longer looks at it. */
export function importedText({ prompts }: PromptImport): string {
  const versions = prompts.reduce((sum, prompt) => sum + prompt.versions.length, 0);
  const leftOut = prompts.reduce((sum, prompt) => sum + prompt.left_out.length, 0);
  const [first, ...others] = prompts;
  const what = others.length === 0 && first ? first.name : plural(prompts.length, 'prompt');
  const end = leftOut > 0 ? `, ${leftOut} left out` : '';
  return `Imported ${what}: ${plural(versions, 'version')}${end}`;
}

/** What its source calls a version. */
export function wasText(version: ImportedVersion): string {
  return version.id?.slice(0, ID_SHOWN) ?? '';
}

export interface LossRow extends Loss {
  /** The versions it befell, in words; empty where there is only one. */
  versions: string;
}

/** Losses of all versions, each told once with the versions that it befell. */
export function lossRows(versions: ImportedVersion[]): LossRow[] {
  const rows = new Map<string, { loss: Loss; versions: string[] }>();
  for (const { version, losses } of versions) {
    for (const loss of losses) {
      const key = JSON.stringify([loss.place, loss.effect, loss.what]);
      const row = rows.get(key) ?? { loss, versions: [] };
      if (row.versions.at(-1) !== version) row.versions.push(version);
      rows.set(key, row);
    }
  }
  return [...rows.values()].map((row) => ({
    ...row.loss,
    versions: versionsText(row.versions, versions.length),
  }));
}

function versionsText(found: string[], all: number): string {
  if (all === 1) return '';
  if (found.length === all) return 'all of them';
  return found.length > 3 ? plural(found.length, 'version') : found.join(', ');
}

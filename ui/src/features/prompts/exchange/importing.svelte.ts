/**
 * Taking prompts over from a file: which one was chosen and how, that it is being read, and what came of it. What was
 * chosen stays until it worked.
 */
import type { Problem } from '$lib/bindings/Problem';
import type { PromptImport } from '$lib/bindings/PromptImport';
import type { PromptSource } from '$lib/bindings/PromptSource';
import { host } from '$lib/host';
import { say } from '$lib/notices.svelte';
import { asProblem } from '$lib/problem';
import { promptHref } from '../route';
import { importedText } from './importText';

const SLOW_AFTER_MS = 500;

export class Importing {
  /** The dialog is on screen. */
  open = $state(false);
  source = $state.raw<PromptSource>();
  /** Every commit that touched the file, instead of the file as it is. */
  git = $state(false);
  name = $state('');
  working = $state(false);
  /** It takes long enough to say so. */
  slow = $state(false);
  problem = $state.raw<Problem>();
  result = $state.raw<PromptImport>();

  private choosing = false;

  /** Asks for a file; the dialog comes up, or stays as it is, when one was chosen. */
  async choose(): Promise<void> {
    if (this.choosing) return;
    if (this.working) {
      this.open = true;
      return;
    }
    this.choosing = true;
    try {
      const source = await host.promptSourcePick();
      if (source) this.take(source);
    } catch (thrown) {
      say.problem(thrown);
    } finally {
      this.choosing = false;
    }
  }

  /** Imports what was chosen; true when something came of it. */
  async run(): Promise<boolean> {
    if (this.working || !this.source) return false;
    this.working = true;
    this.problem = undefined;
    const timer = setTimeout(() => (this.slow = true), SLOW_AFTER_MS);
    try {
      this.finish(await host.promptImport(this.git, this.name.trim() || null));
      return true;
    } catch (thrown) {
      if (this.open) this.problem = asProblem(thrown);
      else say.problem(thrown);
      return false;
    } finally {
      clearTimeout(timer);
      this.working = false;
      this.slow = false;
    }
  }

  private take(source: PromptSource): void {
    if (!this.open) {
      this.name = '';
      this.git = false;
    }
    this.source = source;
    this.git &&= source.in_git;
    this.problem = undefined;
    this.result = undefined;
    this.open = true;
  }

  private finish(result: PromptImport): void {
    this.result = result;
    if (this.open) return;
    const first = result.prompts[0];
    const link = first && { label: 'Show', href: promptHref(first.name, null, 'history') };
    say.info(importedText(result), link);
  }
}

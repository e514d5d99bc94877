/**
 * The text in the editor against the file on disk: what is unsaved, what the text says as a prompt,
 * and what to do when the file moved underneath.
 */
import type { PromptFinding } from '$lib/bindings/PromptFinding';
import type { PromptView } from '$lib/bindings/PromptView';
import type { ToolView } from '$lib/bindings/ToolView';
import { host } from '$lib/host';
import { say } from '$lib/notices.svelte';
import { asProblem } from '$lib/problem';

const CHECK_AFTER_MS = 200;

/** What a file says, as far as an editor of any kind needs it. */
export interface OpenedFile {
  name: string;
  version: string;
  text: string;
  text_hash: string;
  check: { findings: PromptFinding[] };
}

/** Where a kind of file is read, checked and kept. */
export interface FileDesk<View extends OpenedFile> {
  open: (name: string) => Promise<View>;
  check: (name: string, text: string) => Promise<View['check']>;
  save: (name: string, text: string, expectedTextHash: string) => Promise<View>;
  /** Unsaved texts of files that were left; they come back when the file is opened again. */
  unsaved: Map<string, { view: View; text: string }>;
}

export const promptDesk: FileDesk<PromptView> = {
  open: (name) => host.promptOpen(name, null),
  check: (name, text) => host.promptCheckText(name, text),
  save: (name, text, hash) => host.promptSave(name, text, hash),
  unsaved: new Map(),
};

export const toolDesk: FileDesk<ToolView> = {
  open: (name) => host.toolOpen(name, null),
  check: (name, text) => host.toolCheckText(name, text),
  save: (name, text, hash) => host.toolSave(name, text, hash),
  unsaved: new Map(),
};

export class Draft<View extends OpenedFile = PromptView> {
  private readonly desk: FileDesk<View>;

  constructor(desk: FileDesk<View>) {
    this.desk = desk;
  }

  /** The file as it was read; undefined before anything is open. */
  view = $state.raw<View>();
  text = $state('');
  check = $state.raw<View['check']>();
  /** The text that was checked; what was found is of no other. */
  checked = $state.raw('');
  saving = $state(false);
  /** The file on disk is no longer the one that was opened. */
  conflict = $state.raw<View>();
  readonly isWorking = $derived(this.view?.version === 'working');
  readonly dirty = $derived(this.view !== undefined && this.text !== this.view.text);

  private timer: ReturnType<typeof setTimeout> | undefined;
  private turn = 0;

  /** Takes what was read. Unsaved text is kept: a file that changed underneath becomes a conflict. */
  show(next: View): void {
    const same = this.view?.name === next.name && this.view.version === next.version;
    if (same && this.dirty) {
      if (next.text_hash === this.view?.text_hash) this.view = next;
      else if (next.text === this.text) this.take(next);
      else this.conflict = next;
      return;
    }
    if (!same) this.leave();
    const waiting = next.version === 'working' ? this.desk.unsaved.get(next.name) : undefined;
    this.take(next);
    if (waiting && waiting.text !== next.text) {
      if (waiting.view.text_hash !== next.text_hash) {
        this.view = waiting.view;
        this.conflict = next;
      }
      this.write(waiting.text);
    }
    this.desk.unsaved.delete(next.name);
  }

  /** Keeps unsaved text for when the prompt is opened again. */
  leave(): void {
    if (this.dirty && this.view) {
      this.desk.unsaved.set(this.view.name, { view: this.view, text: this.text });
    }
  }

  /** A key stroke of the editor. */
  write(text: string): void {
    this.text = text;
    clearTimeout(this.timer);
    const name = this.view?.name;
    if (name === undefined) return;
    const mine = ++this.turn;
    this.timer = setTimeout(() => {
      this.desk.check(name, text).then(
        (check) => {
          if (mine !== this.turn) return;
          this.check = check;
          this.checked = text;
        },
        (thrown: unknown) => say.problem(thrown),
      );
    }, CHECK_AFTER_MS);
  }

  async save(): Promise<void> {
    const view = this.view;
    if (!view || !this.isWorking || !this.dirty || this.saving) return;
    const text = this.text;
    this.saving = true;
    try {
      const saved = await this.desk.save(view.name, text, view.text_hash);
      const typedOn = this.text !== text ? this.text : undefined;
      this.take(saved);
      if (typedOn !== undefined) this.write(typedOn);
    } catch (thrown) {
      if (asProblem(thrown).code === 'conflict') await this.readConflict(view.name);
      else say.problem(thrown);
    } finally {
      this.saving = false;
    }
  }

  /** The file on disk wins; the text in the editor is dropped. */
  takeTheirs(): void {
    if (this.conflict) this.take(this.conflict);
  }

  /** The text in the editor wins at the next save. */
  async keepMine(): Promise<void> {
    const theirs = this.conflict;
    if (!theirs) return;
    this.view = theirs;
    this.conflict = undefined;
    await this.save();
  }

  discard(): void {
    if (this.view) this.take(this.view);
  }

  private async readConflict(name: string): Promise<void> {
    try {
      this.conflict = await this.desk.open(name);
    } catch (thrown) {
      say.problem(thrown);
    }
  }

  private take(view: View): void {
    clearTimeout(this.timer);
    this.turn += 1;
    this.view = view;
    this.text = view.text;
    this.check = view.check;
    this.checked = view.text;
    this.conflict = undefined;
  }
}

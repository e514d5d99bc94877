import type { PromptFinding } from '$lib/bindings/PromptFinding';
import { undo, history } from '@codemirror/commands';
import { setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { afterEach, describe, expect, it } from 'vitest';
import { applyFix, diagnosticsOf } from './fixes';
import { fixKeys, offersAt, openFixes } from './fixMenu';

const TEXT = 'variables:\r\n---\r\nuser:\r\n😀 {{ tickt }}';
const FINDING: PromptFinding = {
  severity: 'error',
  line: 4,
  message: '`tickt` is used but not declared',
  fixes: [
    { title: 'Use `ticket`', safe: true, edits: [{ from: 27, to: 32, insert: 'ticket' }] },
    { title: 'Declare `tickt`', safe: true, edits: [{ from: 11, to: 11, insert: '- tickt\n' }] },
  ],
};

let view: EditorView;

function open(readonly = false): EditorView {
  view = new EditorView({
    parent: document.body,
    state: EditorState.create({
      doc: TEXT,
      extensions: [history(), fixKeys, EditorState.readOnly.of(readonly)],
    }),
  });
  const marks = diagnosticsOf(view.state.doc, [FINDING], TEXT);
  view.dispatch(setDiagnostics(view.state, marks));
  return view;
}

afterEach(() => view.destroy());

const text = () => view.state.doc.toString();

describe('a fix in the editor', () => {
  it('is made at its place behind emoji and Windows line breaks, and undone in one step', () => {
    open();
    const [use] = FINDING.fixes;
    expect(use && applyFix(view, use, TEXT)).toBe(true);
    expect(text()).toBe('variables:\n---\nuser:\n😀 {{ ticket }}');
    undo(view);
    expect(text()).toContain('{{ tickt }}');
  });

  it('is not made in a text that was not checked, nor in a release', () => {
    const [use] = FINDING.fixes;
    open();
    view.dispatch({ changes: { from: 0, insert: 'x' } });
    expect(use && applyFix(view, use, TEXT)).toBe(false);
    expect(diagnosticsOf(view.state.doc, [FINDING], TEXT)[0]?.actions).toEqual([]);
    view.destroy();
    open(true);
    expect(use && applyFix(view, use, TEXT)).toBe(false);
  });

  it('underlines what it replaces, else the line', () => {
    open();
    expect(diagnosticsOf(view.state.doc, [FINDING], TEXT)).toMatchObject([{ from: 27, to: 32 }]);
    const bare = { ...FINDING, fixes: [] };
    expect(diagnosticsOf(view.state.doc, [bare], TEXT)).toMatchObject([{ from: 21, to: 35 }]);
  });
});

describe('the menu of fixes', () => {
  it('offers those of the line with the cursor and is worked by keys', () => {
    open();
    expect(offersAt(view.state)).toEqual([]);
    view.dispatch({ selection: { anchor: 24 } });
    expect(offersAt(view.state).map((offer) => offer.title)).toEqual([
      'Use `ticket`',
      'Declare `tickt`',
    ]);
    openFixes(view);
    const items = [...document.querySelectorAll<HTMLElement>('[role="menuitem"]')];
    expect(items.map((item) => item.textContent)).toEqual(['Use `ticket`', 'Declare `tickt`']);
    items[0]?.focus();
    const press = (key: string) =>
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    press('ArrowDown');
    expect(document.activeElement).toBe(items[1]);
    press('Escape');
    expect(document.querySelector('[role="menu"]')).toBeNull();
    openFixes(view);
    document.querySelector<HTMLElement>('[role="menuitem"]')?.click();
    expect(text()).toContain('{{ ticket }}');
  });
});

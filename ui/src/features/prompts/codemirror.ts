/** The prompt editor: which parts of CodeMirror we use, and how findings become marks in it. */
import type { PromptFinding } from '$lib/bindings/PromptFinding';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { lintGutter, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Annotation, EditorState, type Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { adoptStyles } from './adoptStyles';
import { promptLanguage } from './promptLanguage';

/** Marks a change that came from outside, so that it is not reported as typing. */
const fromOutside = Annotation.define<boolean>();

export function openEditor(options: {
  parent: HTMLElement;
  text: string;
  label: string;
  readonly: boolean;
  dark: boolean;
  onwrite: (text: string) => void;
  onsave: () => void;
}): EditorView {
  adoptStyles();
  return new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        lineNumbers(),
        lintGutter(),
        highlightActiveLineGutter(),
        highlightActiveLine(),
        // Zero-width and control characters of a pasted text must not hide.
        highlightSpecialChars(),
        history(),
        drawSelection(),
        search({ top: true }),
        highlightSelectionMatches(),
        EditorView.lineWrapping,
        promptLanguage,
        keymap.of([
          { key: 'Mod-s', preventDefault: true, run: () => (options.onsave(), true) },
          // Esc first: Tab then leaves the editor, as CodeMirror's manual tells.
          ...defaultKeymap,
          ...historyKeymap,
          ...searchKeymap,
          indentWithTab,
        ]),
        EditorState.readOnly.of(options.readonly),
        EditorState.tabSize.of(2),
        EditorView.theme({}, { dark: options.dark }),
        EditorView.contentAttributes.of({ 'aria-label': options.label }),
        EditorView.updateListener.of((update) => {
          const typed = !update.transactions.some((t) => t.annotation(fromOutside));
          if (update.docChanged && typed) options.onwrite(update.state.doc.toString());
        }),
      ],
    }),
  });
}

/** Replaces the whole text when it differs, keeping the cursor where it can stay. */
export function setText(view: EditorView, text: string): void {
  if (view.state.doc.toString() === text) return;
  const anchor = Math.min(view.state.selection.main.anchor, text.length);
  view.dispatch({
    changes: { from: 0, to: view.state.doc.length, insert: text },
    selection: { anchor },
    annotations: fromOutside.of(true),
  });
}

/** Findings as marks; one without a line, or beyond the end, stands on the first or last line. */
export function diagnosticsOf(doc: Text, findings: PromptFinding[]): Diagnostic[] {
  return findings
    .map((finding): Diagnostic => {
      const line = doc.line(Math.min(Math.max(1, finding.line ?? 1), doc.lines));
      return {
        from: line.from,
        to: line.to,
        severity: finding.severity,
        message: finding.message,
      };
    })
    .sort((a, b) => a.from - b.from);
}

/** The prompt editor: which parts of CodeMirror we use, and how the text of the owner gets in and out. */
import { autocompletion } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { lintGutter } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Annotation, EditorState } from '@codemirror/state';
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
import { completionSource, type Known } from './completion/source';
import { asEditorText } from './fixes';
import { fixKeys } from './fixMenu';
import { keepCursorInView } from './keepCursorInView';
import { promptLanguage } from './promptLanguage';

/** Marks a change that came from outside, so that it is not reported as typing. */
const fromOutside = Annotation.define<boolean>();

export function openEditor(options: {
  parent: HTMLElement;
  text: string;
  label: string;
  readonly: boolean;
  dark: boolean;
  /** What completion knows when it is asked. */
  known: () => Known | undefined;
  onwrite: (text: string) => void;
  onsave: () => void;
}): EditorView {
  adoptStyles();
  // A file keeps the line breaks that it has.
  const lineBreak = options.text.includes('\r\n') ? '\r\n' : '\n';
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
        autocompletion({
          override: [completionSource(options.known)],
          icons: false,
          maxRenderedOptions: 60,
        }),
        fixKeys,
        keepCursorInView,
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
          if (update.docChanged && typed) {
            options.onwrite(update.state.doc.toString().replaceAll('\n', lineBreak));
          }
        }),
      ],
    }),
  });
}

/** Replaces the whole text when it differs, keeping the cursor where it can stay. */
export function setText(view: EditorView, given: string): void {
  const text = asEditorText(given);
  if (view.state.doc.toString() === text) return;
  const anchor = Math.min(view.state.selection.main.anchor, text.length);
  view.dispatch({
    changes: { from: 0, to: view.state.doc.length, insert: text },
    selection: { anchor },
    annotations: fromOutside.of(true),
  });
}

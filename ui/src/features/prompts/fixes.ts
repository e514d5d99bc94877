/** Fixes of a prompt in its editor: edits that are good for the text that was checked and for no other. */
import type { PromptFinding } from '$lib/bindings/PromptFinding';
import type { PromptFix } from '$lib/bindings/PromptFix';
import type { Diagnostic } from '@codemirror/lint';
import type { Text } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';

/** A text as the editor holds it: every line break is one. */
export function asEditorText(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n');
}

/**
 * Makes the edits as one step that can be undone; false when the text is no longer the one that was checked. The cursor
 * goes to what was changed, unless it is to stay where one types.
 */
export function applyFix(
  view: EditorView,
  fix: PromptFix,
  checked: string,
  { stay = false } = {},
): boolean {
  if (view.state.readOnly || view.state.doc.toString() !== asEditorText(checked)) return false;
  const changes = view.state.changes(fix.edits);
  if (stay) {
    view.dispatch({ changes, userEvent: 'input.fix' });
    return true;
  }
  const { to } = fix.edits.reduce((first, edit) => (edit.from < first.from ? edit : first), {
    from: Infinity,
    to: view.state.selection.main.head,
  });
  view.dispatch({
    changes,
    selection: { anchor: changes.mapPos(to, 1) },
    scrollIntoView: true,
    userEvent: 'input.fix',
  });
  view.focus();
  return true;
}

/** Findings as marks; one without a line, or beyond the end, stands on the first or last line. */
export function diagnosticsOf(doc: Text, findings: PromptFinding[], checked: string): Diagnostic[] {
  const isSame = doc.toString() === asEditorText(checked);
  return findings
    .map((finding): Diagnostic => {
      const fixes = isSame ? finding.fixes : [];
      return {
        ...rangeOf(doc, finding, fixes),
        severity: finding.severity,
        message: finding.message,
        actions: fixes.map((fix) => ({
          name: fix.title,
          apply: (view: EditorView) => void applyFix(view, fix, checked),
        })),
      };
    })
    .sort((a, b) => a.from - b.from);
}

/** What a fix replaces on the line of a finding is what the finding is about; else all of the line is. */
function rangeOf(doc: Text, finding: PromptFinding, fixes: PromptFix[]) {
  const line = doc.line(Math.min(Math.max(1, finding.line ?? 1), doc.lines));
  const here = fixes
    .flatMap((fix) => fix.edits)
    .find((edit) => edit.from < edit.to && edit.from >= line.from && edit.to <= line.to);
  return here ? { from: here.from, to: here.to } : { from: line.from, to: line.to };
}

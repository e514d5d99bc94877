/** A name that nobody declared: completion offers to write it and to declare it, once the check knows how. */
import { pickedCompletion, type Completion } from '@codemirror/autocomplete';
import type { PromptFinding } from '$lib/bindings/PromptFinding';
import type { PromptFix } from '$lib/bindings/PromptFix';

/** `close` ends the tag where it is open: an open one cannot be checked. */
export function declaring(
  name: string,
  close: string,
  declare: (name: string) => void,
): Completion {
  return {
    label: name,
    detail: 'not declared: declare it',
    type: 'variable',
    // Behind every name that is known.
    boost: -99,
    apply(view, completion, from, to) {
      const line = view.state.doc.lineAt(to);
      const isOpen = !line.text.slice(to - line.from).includes(close);
      const insert = isOpen && close !== '' ? `${name} ${close}` : name;
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: from + insert.length },
        annotations: pickedCompletion.of(completion),
        userEvent: 'input.complete',
      });
      declare(name);
    },
  };
}

/** The fix that declares a name, where a finding has one. The backend titles it so, and its tests hold it to that. */
export function declarationOf(findings: PromptFinding[], name: string): PromptFix | undefined {
  const fixes = findings.flatMap((finding) => finding.fixes);
  return fixes.find((fix) => fix.title === `Declare \`${name}\``);
}

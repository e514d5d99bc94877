/** The fixes of the line with the cursor as a small menu, for the keyboard. */
import { forEachDiagnostic, nextDiagnostic, previousDiagnostic } from '@codemirror/lint';
import { StateEffect, StateField, type EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, showTooltip, type Tooltip } from '@codemirror/view';

interface Offer {
  title: string;
  run: (view: EditorView) => void;
}

const show = StateEffect.define<Tooltip | null>();

const menu = StateField.define<Tooltip | null>({
  create: () => null,
  update(shown, transaction) {
    for (const effect of transaction.effects) if (effect.is(show)) return effect.value;
    return transaction.docChanged || transaction.selection ? null : shown;
  },
  provide: (field) => showTooltip.from(field),
});

/** Fixes on the line with the cursor. */
export function offersAt(state: EditorState): Offer[] {
  const line = state.doc.lineAt(state.selection.main.head);
  const offers: Offer[] = [];
  forEachDiagnostic(state, (found, from, to) => {
    if (to < line.from || from > line.to) return;
    for (const action of found.actions ?? []) {
      offers.push({ title: action.name, run: (view) => action.apply(view, from, to) });
    }
  });
  return offers;
}

export function openFixes(view: EditorView): boolean {
  const offers = offersAt(view.state);
  if (offers.length === 0) {
    view.dispatch({ effects: EditorView.announce.of('There is no fix for this line.') });
    return true;
  }
  const tooltip: Tooltip = {
    pos: view.state.selection.main.head,
    create: () => {
      const dom = menuOf(view, offers);
      return { dom, mount: () => dom.querySelector('button')?.focus() };
    },
  };
  view.dispatch({ effects: show.of(tooltip) });
  return true;
}

function close(view: EditorView) {
  view.dispatch({ effects: show.of(null) });
  view.focus();
}

function menuOf(view: EditorView, offers: Offer[]): HTMLElement {
  const dom = document.createElement('div');
  dom.className = 'fix-menu';
  dom.setAttribute('role', 'menu');
  dom.setAttribute('aria-label', 'Fixes of this line');
  const buttons = offers.map(({ title, run }) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('role', 'menuitem');
    button.textContent = title;
    button.addEventListener('click', () => {
      close(view);
      run(view);
    });
    return button;
  });
  dom.append(...buttons);
  dom.addEventListener('keydown', (event) => {
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) buttons[(at + step + buttons.length) % buttons.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close(view);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return dom;
}

export const fixKeys: Extension = [
  menu,
  keymap.of([
    { key: 'Mod-.', run: openFixes, preventDefault: true },
    { key: 'Alt-Enter', run: openFixes, preventDefault: true },
    { key: 'F8', run: nextDiagnostic, shift: previousDiagnostic, preventDefault: true },
  ]),
];

/** Findings that come up below the editor take its room; the line that is being typed must not go with it. */
import { EditorView, ViewPlugin } from '@codemirror/view';

export const keepCursorInView = ViewPlugin.define((view) => {
  let height = view.scrollDOM.clientHeight;
  const observer = new ResizeObserver(() => {
    const [before, now] = [height, view.scrollDOM.clientHeight];
    height = now;
    if (now >= before || !view.hasFocus) return;
    const { head } = view.state.selection.main;
    const bottom = view.coordsAtPos(head)?.bottom;
    const top = view.scrollDOM.getBoundingClientRect().top;
    // One who scrolled away from the cursor stays where they look.
    if (bottom === undefined || bottom < top || bottom > top + before) return;
    view.dispatch({ effects: EditorView.scrollIntoView(head, { y: 'nearest', yMargin: 8 }) });
  });
  observer.observe(view.scrollDOM);
  return { destroy: () => observer.disconnect() };
});

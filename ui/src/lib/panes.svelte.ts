/** Which panes the screen on show has, so that the status bar can fold them. */
export interface Pane {
  open: boolean;
  toggle: () => void;
}

class Panes {
  list = $state.raw<Pane>();
  inspector = $state.raw<Pane>();
}

export const shownPanes = new Panes();

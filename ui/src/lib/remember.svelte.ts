/** A small setting of the window that outlives it, such as the width of a pane. */
export function remember<T>(key: string, fallback: T): { value: T } {
  const name = `plumbline.${key}`;
  let value = $state.raw<T>(read(name, fallback));
  return {
    get value() {
      return value;
    },
    set value(next: T) {
      value = next;
      try {
        localStorage.setItem(name, JSON.stringify(next));
      } catch {
        // A full or forbidden store only means the width is forgotten.
      }
    },
  };
}

function read<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(name);
    const value: unknown = text === null ? fallback : JSON.parse(text);
    return typeof value === typeof fallback ? (value as T) : fallback;
  } catch {
    return fallback;
  }
}
